/** How one rule did in a replay: what it killed, where, how much at once, and how long its limits were. */

import { percentile } from "../../flow-balancer/core/stats.ts";
import { QuantileSketch } from "./quantile-sketch.ts";

/** A key's first so many runs are counted apart. */
export const COLD_RUNS = 10;
/** With fewer known runs, a key's share says nothing. */
export const ENOUGH_RUNS = 100;
const IN_A_ROW = 100;
const LEAST_MS = 0.001;

/** What a rule killed of one key. */
export class KeyScore {
  runs = 0;
  killed = 0;
  /** The most killed in any 100 known runs in a row. */
  worst = 0;
  /** Which of the last 100 known runs were killed. */
  #lately: number[] | null = null;

  add(isKilled: boolean): void {
    this.runs++;
    if (!isKilled) return;
    this.killed++;
    const lately = (this.#lately ?? []).filter(
      (nth) => this.runs - nth < IN_A_ROW,
    );
    lately.push(this.runs);
    this.#lately = lately;
    this.worst = Math.max(this.worst, lately.length);
  }
}

/** Shares are of 1; all but `cold_killed_share` are of known runs. Null: there is nothing it could be of. */
export interface RuleReport {
  readonly rule: string;
  readonly killed: number;
  readonly killed_share: number | null;
  /** Longer than the first limit; as many as killed where there is but one. */
  readonly over_first_share: number | null;
  readonly cold_killed_share: number | null;
  readonly keys_over: number;
  readonly keys_over_share: number | null;
  readonly worst_100_p90: number | null;
  readonly worst_100_max: number | null;
  readonly mean_limit_s: number | null;
  readonly median_slack: number | null;
}

export class RuleScore {
  #cold = 0;
  #coldKilled = 0;
  #known = 0;
  #killed = 0;
  #overFirst = 0;
  #sumMs = 0;
  readonly #slack = new QuantileSketch();
  readonly #keys: KeyScore[] = [];

  constructor(readonly rule: string) {}

  newKey(): KeyScore {
    const score = new KeyScore();
    this.#keys.push(score);
    return score;
  }

  cold(isKilled: boolean): void {
    this.#cold++;
    if (isKilled) this.#coldKilled++;
  }

  known(key: KeyScore, ms: number, firstMs: number, lastMs: number): void {
    const isKilled = ms > lastMs;
    this.#known++;
    if (isKilled) this.#killed++;
    if (ms > firstMs) this.#overFirst++;
    this.#sumMs += firstMs;
    this.#slack.add(firstMs / Math.max(LEAST_MS, ms));
    key.add(isKilled);
  }

  /** `overShare`: a key with a larger share of killed runs is counted. */
  report(overShare: number): RuleReport {
    const enough = this.#keys.filter(({ runs }) => runs >= ENOUGH_RUNS);
    const over = enough.filter((it) => it.killed > overShare * it.runs).length;
    const worst = enough.map((it) => it.worst).sort((a, b) => a - b);
    return {
      rule: this.rule,
      killed: this.#killed,
      killed_share: ratio(this.#killed, this.#known),
      over_first_share: ratio(this.#overFirst, this.#known),
      cold_killed_share: ratio(this.#coldKilled, this.#cold),
      keys_over: over,
      keys_over_share: ratio(over, enough.length),
      worst_100_p90: worst.length === 0 ? null : percentile(worst, 0.9),
      worst_100_max: worst.at(-1) ?? null,
      mean_limit_s: ratio(this.#sumMs / 1_000, this.#known),
      median_slack: this.#known === 0 ? null : this.#slack.quantile(0.5),
    };
  }
}

const ratio = (part: number, whole: number): number | null =>
  whole === 0 ? null : part / whole;
