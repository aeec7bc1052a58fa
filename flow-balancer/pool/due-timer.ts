/**
 * One timer for many deadlines. Most deadlines are never reached: setting one costs a comparison
 * as long as an earlier one is waited for, and letting one go costs nothing. Whoever has the
 * deadlines is asked when the timer fires, and says when to come again.
 */

import type { Env } from "../core/ports.ts";

export class DueTimer {
  readonly #env: Env;
  /** Called at a moment that was asked for, or later; returns the next one, or Infinity. */
  readonly #passed: (now: number) => number;
  #armedFor = Number.POSITIVE_INFINITY;
  #stop: () => void = () => {};

  constructor(env: Env, passed: (now: number) => number) {
    this.#env = env;
    this.#passed = passed;
  }

  /** `at` is on the clock of `env.mono()`. */
  need(at: number): void {
    if (at >= this.#armedFor) return;
    this.#stop();
    this.#armedFor = at;
    const ms = Math.max(0, Math.ceil(at - this.#env.mono()));
    this.#stop = this.#env.timer(ms, () => {
      this.#armedFor = Number.POSITIVE_INFINITY;
      const now = this.#env.mono();
      const next = this.#passed(now);
      // Not at the same moment again: who is not done with it yet would be asked for ever.
      if (next !== Number.POSITIVE_INFINITY) this.need(Math.max(next, now + 1));
    });
  }

  /** Nothing is called any more. */
  stop(): void {
    this.#stop();
    // What is needed from now on is later than this.
    this.#armedFor = Number.NEGATIVE_INFINITY;
  }
}
