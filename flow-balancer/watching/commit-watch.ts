/** What becomes of the store's transactions: how long they took over the last 30 to 60 seconds, and what the store refused of late. A recording costs a fraction of a microsecond. */

import { createHistogram } from "node:perf_hooks";
import type {
  CommitTimes,
  Refusals,
} from "../../monitoring/health/health-facts.ts";
import type { BalancerError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";
import type { TransactionWatcher } from "../store/group-commit.ts";

const WINDOW_MS = 30_000;
/** After the last of them. */
const REFUSAL_SHOWN_MS = 10_000;

export class CommitWatch implements TransactionWatcher {
  readonly #env: Env;
  #now = createHistogram();
  #before = createHistogram();
  #since: number;
  #refused: { at: number; writes: number; reason: string } | null = null;

  constructor(env: Env) {
    this.#env = env;
    this.#since = env.mono();
  }

  begun(): void {}

  ending(): void {}

  committed(ms: number): void {
    this.#turn();
    // Whole microseconds, from 1.
    this.#now.record(Math.max(1, Math.round(ms * 1_000)));
  }

  times(): CommitTimes {
    this.#turn();
    const both = createHistogram();
    both.add(this.#before);
    both.add(this.#now);
    const n = both.count;
    const ms = (microseconds: number): number =>
      n === 0 ? 0 : microseconds / 1_000;
    return {
      n,
      p50Ms: ms(both.percentile(50)),
      p95Ms: ms(both.percentile(95)),
      maxMs: ms(both.max),
    };
  }

  refused({ message }: BalancerError, writes: number): void {
    const at = this.#env.mono();
    const before = this.refusals()?.writes ?? 0;
    this.#refused = { at, writes: before + writes, reason: message };
  }

  /** Null: none lately. */
  refusals(): Refusals | null {
    if (this.#refused === null) return null;
    const { at, writes, reason } = this.#refused;
    const msAgo = this.#env.mono() - at;
    return msAgo < REFUSAL_SHOWN_MS ? { writes, msAgo, reason } : null;
  }

  #turn(): void {
    const age = this.#env.mono() - this.#since;
    if (age < WINDOW_MS) return;
    this.#since += age;
    const spent = this.#before;
    spent.reset();
    this.#before = age < 2 * WINDOW_MS ? this.#now : spent;
    this.#now = age < 2 * WINDOW_MS ? spent : createHistogram();
  }
}
