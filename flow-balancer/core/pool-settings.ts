/** What a person sets of the pool, and the pool reads. */

export interface PoolSettings {
  readonly maxWorkers: number;
  /** Unbound processes kept ready. */
  readonly spareWorkers: number;
  readonly maxWaiting: number;
  /** A worker beyond the spares that was not used for this long is let go, ms; where keep-warm times are learned, their reference. */
  readonly idleMs: number;
  /** Longest a kind may take to load, ms. */
  readonly startTimeoutMs: number;
  /** From a cancel to the end of the process, ms. */
  readonly cancelGraceMs: number;
  readonly maxTasksPerWorker: number;
  /** Then a worker is replaced, ms; default: a day. */
  readonly maxAgeMs?: number;
  /** All workers together, MiB; default: half of what the machine or the container has. */
  readonly memoryMb?: number;
}
