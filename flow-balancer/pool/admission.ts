/**
 * Whether a new task is let in. Pure. Refused at once, with the wait it would have had, is what
 * finds the queue full and what would probably miss its deadline: a no now is worth more than a
 * timeout later.
 */

import type { Expectation } from "./estimates.ts";
import { predictWait, shareLeft, type ServerLoad } from "./predicted-wait.ts";
import type { Demand } from "./promises.ts";
import type { Backlog } from "./wait-queue.ts";

/** Standard deviations of the wait that must fit before the deadline: 99 of 100, if the wait is about normal. */
const MARGIN = 2.33;
/** Timers and turns of the event loop are no finer. */
const LEAST_MARGIN_MS = 1;
/** Never tell anybody to come back sooner, ms. */
const LEAST_RETRY_MS = 10;

export interface AdmissionRequest {
  /** From submission to result, ms; null: whenever. */
  readonly deadlineMs: number | null;
  readonly expected: Expectation;
  /** What is served before it: `queue.backlog(...)`. */
  readonly backlog: Backlog;
  readonly load: ServerLoad;
  /** What is promised, seen by a job that must start within so many ms: `queue.demand(...)`. */
  readonly demand: (startWithinMs: number) => Demand;
  /** For a kind with a limit: the same for its own jobs and its own places; null: no limit. */
  readonly ofKind: {
    readonly backlog: Backlog;
    readonly load: ServerLoad;
  } | null;
  readonly waiting: number;
  readonly maxWaiting: number;
}

export type Admission =
  | {
      readonly type: "admit";
      readonly predictedWaitMs: number;
      /** Start it within so many ms; Infinity: it has no deadline. */
      readonly startWithinMs: number;
    }
  | {
      readonly type: "refuse";
      readonly code: "QUEUE_FULL" | "DEADLINE_UNREACHABLE";
      readonly predictedWaitMs: number;
      /** By then the same task would get in, if nothing else came; null: not even into an empty pool. */
      readonly retryAfterMs: number | null;
      readonly message: string;
    };

export function admit(request: AdmissionRequest): Admission {
  const { deadlineMs, expected, waiting, maxWaiting, ofKind } = request;
  let { waitMs, spreadMs } = predictWait(request.load, request.backlog);
  if (ofKind !== null) {
    const limited = predictWait(ofKind.load, ofKind.backlog);
    if (limited.waitMs > waitMs) ({ waitMs, spreadMs } = limited);
  }
  if (waiting >= maxWaiting)
    return {
      type: "refuse",
      code: "QUEUE_FULL",
      predictedWaitMs: waitMs,
      // One place is free as soon as one that waits is served.
      retryAfterMs: retryAfter(waitMs / Math.max(1, waiting)),
      message: `${waiting} tasks wait already, the limit is ${maxWaiting}; the wait would be about ${Math.round(waitMs)} ms`,
    };
  if (deadlineMs === null)
    return { type: "admit", predictedWaitMs: waitMs, startWithinMs: Infinity };
  const { startMs, runMs, runLastMs } = expected;
  const tailMs = runLastMs - runMs;
  const late = LEAST_MARGIN_MS + Math.hypot(MARGIN * spreadMs, tailMs);
  const startWithinMs = deadlineMs - startMs - runMs - late;
  const { freeInMs, residualMs } = request.load;
  const { beforeMs, roomMs } = request.demand(startWithinMs);
  const carriedMs = sum(freeInMs) - (freeInMs.length - 1) * residualMs;
  const share = shareLeft(freeInMs.length, request.backlog);
  const promisedMs =
    (beforeMs + carriedMs + request.backlog.higherMs) /
    (freeInMs.length * share);
  if (beforeMs > 0) waitMs = Math.max(waitMs, promisedMs);
  // It would break its own promise, or one that others have.
  const overMs = Math.max(
    waitMs - startWithinMs,
    (runMs + carriedMs - roomMs) / freeInMs.length,
  );
  if (overMs <= 0)
    return { type: "admit", predictedWaitMs: waitMs, startWithinMs };
  return {
    type: "refuse",
    code: "DEADLINE_UNREACHABLE",
    predictedWaitMs: waitMs,
    retryAfterMs:
      startMs + runMs + tailMs > deadlineMs ? null : retryAfter(overMs),
    message: `the deadline of ${Math.round(deadlineMs)} ms would probably be missed: about ${Math.round(waitMs)} ms to wait, ${Math.round(startMs)} to start, ${Math.round(runMs)} to run, and ${Math.round(late)} to be sure`,
  };
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

const retryAfter = (ms: number): number =>
  Math.max(LEAST_RETRY_MS, Math.ceil(ms));
