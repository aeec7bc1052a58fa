/**
 * Jobs that must not run now, because they or others like them killed their workers: out of the
 * order of those that wait. What is suspect runs alone, one such job at a time in the whole pool, so
 * that the others keep their workers; what killed too often waits its time.
 */

import type { Env } from "../core/ports.ts";
import type { CrashGuard } from "./crash-guard.ts";
import { DueTimer } from "./due-timer.ts";
import type { Job } from "./job.ts";

export interface HeldJobsOptions {
  readonly env: Env;
  readonly guard: CrashGuard;
  /** Another worker is ready, or none is on its way. */
  readonly hasAnother: () => boolean;
  /** They may run again, as far as is known. */
  readonly release: (jobs: readonly Job[]) => void;
}

/** Longer than this what killed its workers again and again is refused rather than kept, ms. */
const MAX_HELD_MS = 2_000;

/** Most of what kills a worker does so at once. */
const TRIAL_MS = 1_000;
/** As long as any is held: its like may have been forgiven meanwhile. */
const LOOK_MS = 500;

export class HeldJobs {
  readonly #options: HeldJobsOptions;
  /** In the order they came. */
  readonly #held = new Set<Job>();
  readonly #due: DueTimer;
  /** The one suspect that runs, and since when. */
  #trial: Job | null = null;
  #trialSince = 0;

  constructor(options: HeldJobsOptions) {
    this.#options = options;
    this.#due = new DueTimer(options.env, (now) => {
      this.#release();
      return this.#nextDueAt(now);
    });
  }

  get size(): number {
    return this.#held.size;
  }

  /** Whether the job must not run now. */
  concerns(job: Job): boolean {
    const { guard } = this.#options;
    if (guard.isQuiet || !guard.isSuspect(job)) return false;
    return (
      this.#isOnTrial || this.#waitMs(job) > 0 || !this.#options.hasAnother()
    );
  }

  /** It goes to a worker. */
  began(job: Job): void {
    const { guard } = this.#options;
    if (guard.isQuiet || !guard.isSuspect(job)) return;
    job.alone = true;
    this.#trial = job;
    this.#trialSince = this.#options.env.mono();
  }

  add(job: Job): void {
    const waitMs = this.#waitMs(job);
    // The very same command or script, or one that killed a worker all by itself: it is not going to do better.
    const isHopeless = job.task.kind.source.type !== "module" || job.deaths > 1;
    if (waitMs > MAX_HELD_MS && isHopeless) {
      job.killedTooOften(waitMs);
      return;
    }
    this.#held.add(job);
    this.#due.need(
      this.#options.env.mono() + Math.min(waitMs || LOOK_MS, LOOK_MS),
    );
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

  /** Something changed: a worker is ready. */
  look(): void {
    if (this.#held.size > 0) this.#release();
  }

  /** What ran for a while without killing holds nobody back any longer. */
  get #isOnTrial(): boolean {
    return (
      this.#trial !== null &&
      this.#options.env.mono() - this.#trialSince < TRIAL_MS
    );
  }

  #waitMs(job: Job): number {
    const { guard, env } = this.#options;
    return guard.taskWaitMs(job, env.mono());
  }

  #nextDueAt(now: number): number {
    if (this.#held.size === 0) return Number.POSITIVE_INFINITY;
    let next = now + LOOK_MS;
    for (const job of this.#held) {
      const waitMs = this.#waitMs(job);
      if (waitMs > 0) next = Math.min(next, now + waitMs);
    }
    return next;
  }

  /** Those that are not suspect any more; and of those that are and need not wait, the first of the least guilty. */
  #release(): void {
    const { guard, release, hasAnother } = this.#options;
    const jobs: Job[] = [];
    let next: Job | null = null;
    for (const job of this.#held) {
      if (!guard.isSuspect(job)) {
        jobs.push(job);
        continue;
      }
      const waitMs = this.#waitMs(job);
      // Longer than when it was put here, if its like killed again.
      if (waitMs > 0) this.#due.need(this.#options.env.mono() + waitMs);
      else if (next === null || job.deaths < next.deaths) next = job;
    }
    if (next !== null && !this.#isOnTrial && hasAnother()) jobs.push(next);
    for (const job of jobs) this.#held.delete(job);
    if (jobs.length > 0) release(jobs);
  }
}
