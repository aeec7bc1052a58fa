/** What the model knows of one task, and what its outcome may be. */

import type {
  PoolKind,
  PoolOutcome,
  PoolRun,
  PoolTask,
} from "../../flow-balancer/pool/pool-task.ts";
import type { Permit } from "./pool-commands.ts";
import type { SimulatedWorker } from "./simulated-worker.ts";

export interface ModelTask {
  readonly task: PoolTask;
  readonly kind: PoolKind;
  readonly serial: number;
  readonly at: number;
  /** Stops when it is told to. */
  readonly obeys: boolean;
  /** Looks at its session's memory. */
  readonly binds: boolean;
  /** Ends its worker as soon as it runs, or fills its memory if that has a limit. */
  readonly kills: boolean;
  readonly waitingBefore: number;
  /** Null: it may start without. */
  readonly permit: Permit | null;
  /** Times it was asked whether it may start, and is not answered yet. */
  asking: number;
  /** It may start, once. */
  isAllowed: boolean;
  /** It was told that it may not. */
  wasDenied: boolean;
  run: PoolRun | null;
  /** Who has it, from when the pool gave it away until the pool heard of its end. */
  worker: SimulatedWorker | null;
  /** When it was given away last. */
  givenAt: number;
  /** Times it was given to a worker. */
  given: number;
  /** It may have been held back, and lost its place. */
  wasHeld: boolean;
  /** When its own time began on that worker; null: its kind is not loaded there. */
  runningSince: number | null;
  /** It gave a sign of life there. */
  isAlive: boolean;
  /** Workers that died with it. */
  deaths: number;
  cancelledAt: number | null;
  /** What a worker said of it, as far as that was a result. */
  readonly values: string[];
  failed: boolean;
  gaveUp: boolean;
  tooLarge: boolean;
  outcome: PoolOutcome | null;
  settledAt: number;
  /** Times `done` resolved, or more than one result was taken. */
  settled: number;
}

/** What sums of fractions of milliseconds are off by at most. */
const EXACT_MS = 1e-6;

/** Timers are set in whole milliseconds, rounded up. */
export const ROUNDING_MS = 2;

/** Who is silent at a soft limit is looked at again in the next turn. */
const SECOND_LOOK_MS = 2;

/** Longest it may run on its worker. */
export function limitOf({ task, isAlive }: ModelTask): number {
  const { timeoutMs, maxTimeoutMs } = task;
  if (maxTimeoutMs === undefined) return timeoutMs;
  return isAlive ? maxTimeoutMs : timeoutMs + SECOND_LOOK_MS;
}

export interface ModelLimits {
  readonly startTimeoutMs: number;
  readonly maxDeaths: number;
}

/** What happened to the pool as a whole. */
export interface PoolPast {
  closedAt: number | null;
  /** Starts that failed, and workers that died. */
  mishaps: number;
}

/** Null if the outcome is one that may come of what happened; otherwise what is wrong. */
export function wrongOutcome(
  it: ModelTask,
  past: PoolPast,
  limits: ModelLimits,
): string | null {
  const { outcome } = it;
  if (outcome === null) return null;
  const { result, execution } = outcome;
  if ((execution === null) !== (it.given === 0))
    return `an execution is told: ${execution !== null}, given: ${it.given}`;
  if (it.values.length > 0 && result.status !== "completed")
    return "its worker said that it completed";
  switch (result.status) {
    case "completed":
      return it.values.includes(result.valueJson)
        ? null
        : `completed with ${result.valueJson}, its worker said ${it.values.join()}`;
    case "cancelled":
      if (it.wasDenied && it.permit?.answer === "no") return null;
      return it.cancelledAt !== null ? null : "nobody cancelled it";
    case "timed_out":
      if ((execution?.runMs ?? 0) > limitOf(it) + ROUNDING_MS)
        return `ran for ${execution?.runMs} of ${limitOf(it)} ms`;
      return it.runningSince !== null &&
        it.settledAt - it.runningSince >= it.task.timeoutMs - EXACT_MS
        ? null
        : `ran since ${it.runningSince}, settled at ${it.settledAt}`;
    case "poisoned":
      // Its like killed so often that it is not even tried.
      if (it.wasHeld && result.error.retry_after_ms !== undefined) return null;
      return it.deaths === limits.maxDeaths ? null : `${it.deaths} deaths`;
    case "unknown_outcome":
      if (it.kind.effects !== "once") return "its effects are not 'once'";
      return it.given > 0 && (it.deaths > 0 || past.closedAt !== null)
        ? null
        : "its worker did not die";
    case "failed":
      return wrongFailure(it, result.error.code, past, limits);
  }
}

function wrongFailure(
  it: ModelTask,
  code: string,
  past: PoolPast,
  { startTimeoutMs }: ModelLimits,
): string | null {
  const isFine = ((): boolean => {
    switch (code) {
      case "TASK_THREW":
        return it.failed || it.gaveUp;
      case "STORAGE_FAILED":
        return it.wasDenied && it.permit?.answer === "broken";
      case "DEADLINE_PASSED":
        return (it.task.deadlineMs ?? null) !== null;
      case "START_TIMEOUT":
        return (
          it.given > 0 &&
          it.runningSince === null &&
          it.settledAt - it.givenAt >= startTimeoutMs - EXACT_MS
        );
      case "MEMORY_LIMIT":
        return it.tooLarge;
      case "SPAWN_FAILED":
        return past.mishaps > 0 && it.worker === null;
      case "SHUTTING_DOWN":
        return past.closedAt !== null;
      default:
        return false;
    }
  })();
  return isFine ? null : `failed with ${code}`;
}
