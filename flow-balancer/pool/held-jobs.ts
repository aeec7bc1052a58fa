/**
 * Jobs that must not run now, because others like them killed their workers again and again: out
 * of the order of those that wait, until their like may run again.
 */

import type { Env } from "../core/ports.ts";
import type { CrashGuard } from "./crash-guard.ts";
import type { Job } from "./job.ts";

export interface HeldJobsOptions {
  readonly env: Env;
  readonly guard: CrashGuard;
  /** They may run again, as far as is known. */
  readonly release: (jobs: readonly Job[]) => void;
}

export class HeldJobs {
  readonly #options: HeldJobsOptions;
  /** By what they have in common. */
  readonly #held = new Map<string, Set<Job>>();
  #size = 0;

  constructor(options: HeldJobsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether the job must not run now. */
  concerns(job: Job): boolean {
    const { guard, env } = this.#options;
    return !guard.isQuiet && !guard.mayRun(job.crashKey, env.mono());
  }

  add(job: Job): void {
    const { guard, env } = this.#options;
    const key = job.crashKey;
    let held = this.#held.get(key);
    if (held === undefined) {
      held = new Set();
      this.#held.set(key, held);
      const waitMs = guard.kindWaitMs(key, env.mono());
      // Otherwise one of them is on trial: its end lets the others go.
      if (waitMs > 0) env.timer(waitMs, () => this.#let(key));
    }
    held.add(job);
    this.#size++;
  }

  /** False if it is not held. */
  delete(job: Job): boolean {
    if (this.#size === 0) return false;
    const wasHeld = this.#held.get(job.crashKey)?.delete(job) ?? false;
    if (wasHeld) this.#size--;
    return wasHeld;
  }

  /** A job like these came off its worker. */
  ended(job: Job, isAlive: boolean): void {
    const { guard } = this.#options;
    if (guard.isQuiet) return;
    if (isAlive) guard.survived(job.crashKey);
    this.#let(job.crashKey);
  }

  *[Symbol.iterator](): Generator<Job> {
    for (const held of this.#held.values()) yield* held;
  }

  #let(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    this.#size -= held.size;
    this.#options.release([...held]);
  }
}
