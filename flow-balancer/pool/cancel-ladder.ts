/**
 * How a running task is ended: it is told (its AbortSignal), then its processes are asked to go
 * (SIGTERM to the group), then the whole tree is killed. Times count from the first step, ms.
 */

import type { EndReason } from "./endings.ts";

/** A client that closed its server kills it after about two seconds. */
const SHUTDOWN_GRACE_MS = 1_000;

/** Of the grace a person set: by then a task has to have stopped by itself. */
const TERMINATE_AT = 0.75;

export interface Ladder {
  readonly terminateMs: number;
  readonly killMs: number;
}

/** `learnedMs`: what tasks of the kind need to stop; null: nobody knows. */
export function ladderFor(
  reason: EndReason,
  cancelGraceMs: number,
  learnedMs: number | null,
): Ladder {
  const killMs =
    reason.type === "shutdown"
      ? Math.min(cancelGraceMs, SHUTDOWN_GRACE_MS)
      : cancelGraceMs;
  const latestMs = killMs * TERMINATE_AT;
  return { terminateMs: Math.min(learnedMs ?? latestMs, latestMs), killMs };
}
