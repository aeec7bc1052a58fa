/**
 * How much extra work may be made of what is asked for: a token for each extra run. Every first run
 * earns a share of one, so that extra work stays a share of the work; a few a minute come of themselves,
 * so that a quiet server may try again too; what is saved up is bounded. After the retry budget of
 * Twitter's Finagle (20 % and 10 a second there). Pure: times are arguments.
 */

import type { MonoMs } from "./time.ts";

export interface BudgetTerms {
  /** Of a token, for each first run. */
  readonly share: number;
  /** Tokens that come of themselves. */
  readonly perMinute: number;
  /** Tokens at the start, and at most. */
  readonly burst: number;
}

const MINUTE_MS = 60_000;

/** Of extra runs that `spend` allowed, or that began after the pause `book` told, there are at no time more than share x first runs + perMinute x minutes + burst, save those told to wait the longest. */
export class Budget {
  readonly #terms: BudgetTerms;
  /** Below 0: so many are promised of those to come. */
  #tokens: number;
  #at: MonoMs;

  constructor(terms: BudgetTerms, now: MonoMs) {
    this.#terms = terms;
    this.#tokens = terms.burst;
    this.#at = now;
  }

  tokens(now: MonoMs): number {
    const minutes = Math.max(0, now - this.#at) / MINUTE_MS;
    this.#at = now;
    return this.#add(minutes * this.#terms.perMinute);
  }

  /** A first run. */
  earn(now: MonoMs): void {
    this.tokens(now);
    this.#add(this.#terms.share);
  }

  /** Takes a token if there is one. */
  spend(now: MonoMs): boolean {
    if (this.tokens(now) < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Takes a token, of those to come if need be, and answers after how many ms it is there if none is earned meanwhile. Where that is later than `longestMs`, it takes none and answers that. */
  book(now: MonoMs, longestMs: number): number {
    const missing = 1 - this.tokens(now);
    const waitMs =
      missing <= 0 ? 0 : (missing / this.#terms.perMinute) * MINUTE_MS;
    if (waitMs > longestMs) return longestMs;
    this.#tokens--;
    return waitMs;
  }

  #add(tokens: number): number {
    this.#tokens = Math.min(this.#terms.burst, this.#tokens + tokens);
    return this.#tokens;
  }
}
