/**
 * Limits on run times on a recorded trace: learned ones beside the simple rule and others, one run after
 * the other. Every rule says its limit first and learns of the run then; nothing is kept of a run but what
 * a rule keeps, so a trace may be as long as it likes.
 */

import type { Outcome } from "../../flow-balancer/core/outcome.ts";
import { type DeadlineOptions, DeadlineLearner } from "./deadline-learner.ts";
import {
  fixedRule,
  type KeyRule,
  RetransmissionRule,
  SimpleRule,
  WindowConformalRule,
} from "./replay-timeouts-rules.ts";
import {
  COLD_RUNS,
  ENOUGH_RUNS,
  type KeyScore,
  type RuleReport,
  RuleScore,
} from "./replay-timeouts-score.ts";
import { SIMPLE_RULE } from "./timeout-simple-rule.ts";

export interface TimeoutsReport {
  readonly runs: number;
  readonly keys: number;
  readonly known_runs: number;
  readonly keys_with_enough: number;
  readonly miss_target: number;
  readonly rules: readonly RuleReport[];
}

const MISSES_PER_THOUSAND = 10;
const TARGET = MISSES_PER_THOUSAND / 1_000;
/** A key with a larger share killed is said to be over. */
const OVER_SHARE = 2 * TARGET;
/** No floor and no cap, so that rules are told apart by what they learn; and room for every key of a trace. */
const OPTIONS: DeadlineOptions = {
  missesPerThousand: MISSES_PER_THOUSAND,
  minMs: 1,
  maxMs: Number.MAX_SAFE_INTEGER,
  defaultMs: SIMPLE_RULE.beforeMs,
  maxKeys: Number.MAX_SAFE_INTEGER,
};

/** Told apart by what the learner is told of a run. */
type Telling = "all" | "cut_off" | "alive";

interface Key {
  readonly kind: string;
  readonly bucket: string;
  seen: number;
  readonly rules: readonly KeyRule[];
  readonly scores: readonly KeyScore[];
}

const BASELINES: readonly (readonly [string, () => KeyRule])[] = [
  ["fixed 300 s", fixedRule],
  ["simple rule", () => new SimpleRule(true)],
  ["simple rule, killed unseen", () => new SimpleRule(false)],
  ["retransmission timeout", () => new RetransmissionRule()],
  ["window conformal", () => new WindowConformalRule(TARGET)],
];

const LEARNED: readonly (readonly [string, Telling])[] = [
  ["learned", "all"],
  ["learned, killed cut off", "cut_off"],
  ["learned, signs of life", "alive"],
];

export class TimeoutsReplay {
  #runs = 0;
  readonly #keys = new Map<string, Key>();
  readonly #learners = LEARNED.map(([, telling]) => ({
    telling,
    learner: new DeadlineLearner(OPTIONS),
  }));
  readonly #scores = [...BASELINES, ...LEARNED].map(
    ([rule]) => new RuleScore(rule),
  );

  /** Different keys so far: 10 kB each. */
  get keys(): number {
    return this.#keys.size;
  }

  /** The next run of the trace: ms, 0 or more. */
  add(name: string, ms: number): void {
    const key = this.#keys.get(name) ?? this.#newKey(name);
    this.#runs++;
    const isCold = key.seen < COLD_RUNS;
    for (const [at, rule] of key.rules.entries()) {
      const limitMs = rule.limitMs();
      this.#score(key, at, isCold, ms, limitMs, limitMs);
      rule.saw(ms, ms > limitMs);
    }
    for (const [nth, { telling, learner }] of this.#learners.entries()) {
      const { softMs, maxMs } = learner.limit(key.kind, key.bucket);
      const lastMs = telling === "alive" ? maxMs : softMs;
      const at = BASELINES.length + nth;
      this.#score(key, at, isCold, ms, softMs, lastMs);
      const isCutOff = telling !== "all" && ms > lastMs;
      const state: Outcome["state"] = isCutOff ? "timed_out" : "completed";
      learner.observe({
        kind: key.kind,
        bucket: key.bucket,
        state,
        runMs: isCutOff ? lastMs : ms,
        hasBeats: telling === "alive",
      });
    }
    key.seen++;
  }

  report(): TimeoutsReport {
    const keys = [...this.#keys.values()];
    return {
      runs: this.#runs,
      keys: keys.length,
      known_runs: keys.reduce(
        (sum, { seen }) => sum + Math.max(0, seen - COLD_RUNS),
        0,
      ),
      keys_with_enough: keys.filter(
        ({ seen }) => seen >= COLD_RUNS + ENOUGH_RUNS,
      ).length,
      miss_target: TARGET,
      rules: this.#scores.map((score) => score.report(OVER_SHARE)),
    };
  }

  #score(
    key: Key,
    at: number,
    isCold: boolean,
    ms: number,
    firstMs: number,
    lastMs: number,
  ): void {
    const score = this.#scores[at];
    const ofKey = key.scores[at];
    if (score === undefined || ofKey === undefined) return;
    if (isCold) score.cold(ms > lastMs);
    else score.known(ofKey, ms, firstMs, lastMs);
  }

  #newKey(name: string): Key {
    const end = Math.max(...KIND_ENDS.map((sign) => name.lastIndexOf(sign)));
    const key: Key = {
      kind: end > 0 ? name.slice(0, end) : name,
      bucket: end > 0 ? name.slice(end + 1) : "",
      seen: 0,
      rules: BASELINES.map(([, newRule]) => newRule()),
      scores: this.#scores.map((score) => score.newKey()),
    };
    this.#keys.set(name, key);
    return key;
  }
}

/** A key is the kind up to the last of these, and what runs alike within the kind after it. */
const KIND_ENDS = ["|", "/", ":"] as const;
