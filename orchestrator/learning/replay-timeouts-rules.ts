/**
 * The rules that learned limits are held against in a replay. Each knows one key's earlier runs; before the
 * first one (the simple rule: the twentieth), the limit is 300 s.
 */

import { QuantileSketch } from "./quantile-sketch.ts";
import { RunWindow } from "./run-history-window.ts";
import { SIMPLE_RULE, simpleRuleMs } from "./timeout-simple-rule.ts";

/** Of one key. */
export interface KeyRule {
  limitMs(): number;
  /** A run took `ms`, and was killed where that is over the limit that was asked for before. */
  saw(ms: number, wasKilled: boolean): void;
}

const BEFORE_MS = SIMPLE_RULE.beforeMs;

export const fixedRule = (): KeyRule => ({
  limitMs: () => BEFORE_MS,
  saw: () => {},
});

/** With `seesKilled`, a killed run's length is known all the same, as none can know it; without, it is left out. */
export class SimpleRule implements KeyRule {
  readonly #runs = new QuantileSketch();

  constructor(readonly seesKilled: boolean) {}

  limitMs(): number {
    return simpleRuleMs(this.#runs);
  }

  saw(ms: number, wasKilled: boolean): void {
    if (this.seesKilled || !wasKilled) this.#runs.add(ms);
  }
}

/** TCP's retransmission timeout (RFC 6298): smoothed time + 4 x smoothed deviation, with gains of 1/8 and 1/4, without backoff. */
export class RetransmissionRule implements KeyRule {
  #smoothed = -1;
  #deviation = 0;

  limitMs(): number {
    return this.#smoothed < 0
      ? BEFORE_MS
      : this.#smoothed + 4 * this.#deviation;
  }

  saw(ms: number): void {
    if (this.#smoothed < 0) {
      this.#smoothed = ms;
      this.#deviation = ms / 2;
      return;
    }
    this.#deviation += (Math.abs(this.#smoothed - ms) - this.#deviation) / 4;
    this.#smoothed += (ms - this.#smoothed) / 8;
  }
}

const WINDOW = 500;

/** Split conformal prediction on the last 500 runs: their order statistic ceil((n + 1)(1 - target)), or the longest where there are too few. */
export class WindowConformalRule implements KeyRule {
  readonly #runs = new RunWindow(WINDOW);

  constructor(readonly target: number) {}

  limitMs(): number {
    const { size } = this.#runs;
    if (size === 0) return BEFORE_MS;
    const rank = Math.ceil((size + 1) * (1 - this.target));
    return this.#runs.largest(Math.max(1, size - rank + 1));
  }

  saw(ms: number): void {
    this.#runs.add(ms);
  }
}
