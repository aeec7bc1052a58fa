/**
 * Jobs that must not run now, because they or others like them killed their workers: out of the
 * order of those that wait. What is suspect runs alone, one such job at a time in the whole pool, so
 * that the others keep their workers; what killed too often waits its time.
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
  /** In the order they came. */
  readonly #held = new Set<Job>();
  /** The one suspect that runs. */
  #trial: Job | null = null;

  constructor(options: HeldJobsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Whether the job must not run now. */
  concerns(job: Job): boolean {
    const { guard } = this.#options;
    if (guard.isQuiet || !guard.isSuspect(job)) return false;
    return this.#trial !== null || this.#waitMs(job) > 0;
  }

  /** It goes to a worker. */
  began(job: Job): void {
    const { guard } = this.#options;
    if (guard.isQuiet || !guard.isSuspect(job)) return;
    job.alone = true;
    this.#trial = job;
  }

  add(job: Job): void {
    this.#held.add(job);
    const waitMs = this.#waitMs(job);
    if (waitMs > 0) this.#options.env.timer(waitMs, () => this.#release());
  }

  /** False if it is not held. */
  delete(job: Job): boolean {
    return this.#held.delete(job);
  }

  /** It is on no worker any more. `isAlive`: its worker is none the worse for it. */
  ended(job: Job, isAlive: boolean): void {
    const { guard } = this.#options;
    if (this.#trial === job) this.#trial = null;
    if (isAlive && !guard.isQuiet) guard.survived(job);
    if (this.#held.size > 0) this.#release();
  }

  [Symbol.iterator](): Iterator<Job> {
    return this.#held.values();
  }

  #waitMs(job: Job): number {
    const { guard, env } = this.#options;
    return guard.taskWaitMs(job, env.mono());
  }

  /** Those that are not suspect any more, and the first that is and need not wait. */
  #release(): void {
    const { guard, release } = this.#options;
    let isTaken = this.#trial !== null;
    const jobs: Job[] = [];
    for (const job of this.#held) {
      if (guard.isSuspect(job)) {
        if (isTaken || this.#waitMs(job) > 0) continue;
        isTaken = true;
      }
      this.#held.delete(job);
      jobs.push(job);
    }
    if (jobs.length > 0) release(jobs);
  }
}
