/** What becomes of a task that the pool is done with, when that need not be its end. */

import { wireError } from "./core/errors.ts";
import type { Terms } from "./core/queue.ts";
import type { TaskResult } from "./core/task.ts";
import type { LiveTask } from "./live-task.ts";
import type { PoolOutcome } from "./pool/pool-task.ts";

/** Failures that another try may mend; a cancelled or poisoned task is not tried again, nor one that may have done what it was not to do twice. */
export function isTriedAgain(
  { maxAttempts, runsOnce }: Terms,
  result: TaskResult,
): boolean {
  if (maxAttempts === 1 || !("error" in result)) return false;
  const { status, error } = result;
  if (runsOnce && error.code === "WORKER_EXITED") return false;
  return status === "failed" || status === "timed_out";
}

/**
 * Whether it goes back to the queue unsettled: a server that stops ends what its caller waited for,
 * since the caller goes with it, and leaves the rest to others, save what may not run twice and was
 * begun. One taken from the store that the pool has no room for is left to whoever has.
 */
export function isLeftToOthers(
  { terms, isAwaited, isAdopted, isRefused, isCancelled }: LiveTask,
  { result, execution }: PoolOutcome,
  isClosing: boolean,
): boolean {
  if (!("error" in result) || isCancelled) return false;
  const { code } = result.error;
  if (isAdopted && isRefused) return code === "QUEUE_FULL";
  return (
    isClosing &&
    code === "SHUTTING_DOWN" &&
    !isAwaited &&
    (execution === null || !terms.runsOnce)
  );
}

/** A task whose change of its session's state is known to be refused has not done what it says. */
export function withState(
  { stateChange }: LiveTask,
  outcome: PoolOutcome,
): PoolOutcome {
  const { result } = outcome;
  if (stateChange?.isRefused !== true || result.status !== "completed")
    return outcome;
  const { valueJson } = result;
  return {
    ...outcome,
    result: { status: "failed", error: CONFLICT, valueJson },
  };
}

const CONFLICT = wireError(
  "VERSION_CONFLICT",
  "the task ran, but another task of its session changed the session's state meanwhile: what this one changed there is not saved",
  "Run tasks that change one session's state one after the other (run_batch with type 'sequential', or submit_task with one concurrency_key), then run this one again.",
);
