/** A job as it is handed to the wait queue. */

/** What the queue is told of a job. Times are moments (mono) unless said otherwise. */
export interface WaitingJob<J> {
  readonly job: J;
  readonly kind: string;
  readonly session: string | null;
  /** -10..10, higher first. */
  readonly priority: number;
  /** Expected run time, ms. */
  readonly costMs: number;
  readonly varianceMs2: number;
  readonly enqueuedAt: number;
  /** Started later it will probably miss its deadline; Infinity: it has none. */
  readonly latestStartAt: number;
  /** Started later not even a quick run makes it; Infinity: it has no deadline. */
  readonly hopelessAt: number;
}
