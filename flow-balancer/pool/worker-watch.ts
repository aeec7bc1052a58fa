/**
 * What is looked at while a worker has jobs, and given back while it has none. Nothing here needs
 * an answer of the worker's. Times are on the clock of `env.mono()`, ms.
 */

import type { WorkerHealth } from "../core/pool-status.ts";
import { judge, type Sample } from "./health.ts";

/** Between two looks: four beats of a page. A look costs two reads of memory and one of /proc, some 20 us. */
const LOOK_MS = 1_000;
/** Often enough that a worker cannot fill a machine between two looks; reading one line of /proc costs 20 us. */
const MEMORY_MS = 250;
/** A worker that had no job for so long gives large lanes back. */
const SHRINK_AFTER_MS = 30_000;
const NEVER = Number.POSITIVE_INFINITY;

export interface Watched {
  sample(): Sample;
  /** Compares what it holds with the limits of its jobs. */
  checkMemory(): void;
  shrink(): void;
}

export class WorkerWatch {
  readonly #watched: Watched;
  #lookAt = NEVER;
  #memoryAt = NEVER;
  #shrinkAt = NEVER;
  #before: Sample | null = null;
  #verdict: WorkerHealth = "unclear";

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Of the last two looks. */
  get verdict(): WorkerHealth {
    return this.#verdict;
  }

  /** Returns when to come again. */
  busy(now: number, hasMemoryLimit: boolean): number {
    this.#shrinkAt = NEVER;
    if (this.#lookAt === NEVER) {
      this.#lookAt = now + LOOK_MS;
      this.#before = null;
      this.#verdict = "unclear";
    }
    if (hasMemoryLimit)
      this.#memoryAt = Math.min(this.#memoryAt, now + MEMORY_MS);
    return this.#next();
  }

  idle(now: number): void {
    this.#memoryAt = NEVER;
    this.#shrinkAt = now + SHRINK_AFTER_MS;
  }

  /** Does what is due. Returns when to come again. */
  passed(now: number, isBusy: boolean): number {
    if (now >= this.#lookAt) {
      this.#lookAt = isBusy ? now + LOOK_MS : NEVER;
      this.#look(this.#watched.sample());
    }
    if (now >= this.#memoryAt) {
      this.#memoryAt = now + MEMORY_MS;
      this.#watched.checkMemory();
    }
    if (now >= this.#shrinkAt) {
      this.#shrinkAt = NEVER;
      this.#watched.shrink();
    }
    return this.#next();
  }

  #next(): number {
    return Math.min(this.#lookAt, this.#memoryAt, this.#shrinkAt);
  }

  #look(sample: Sample): void {
    const before = this.#before;
    const verdict = before === null ? "unclear" : judge(before, sample);
    // Heartbeats come more rarely than looks: the older look stays until the count could have moved.
    if (verdict === "unclear" && before !== null && isTooClose(before, sample))
      return;
    this.#before = sample;
    this.#verdict = verdict;
  }
}

const isTooClose = (before: Sample, now: Sample): boolean =>
  now.pulse !== null && now.at - before.at < 2 * now.pulse.everyMs;
