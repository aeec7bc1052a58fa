/** What becomes of tasks that do not complete: why each was ended, and how that is told. Pure. */

import { wireError, type ErrorCode, type WireError } from "../core/errors.ts";
import type { TaskResult } from "../core/task.ts";
import type { WorkerHealth } from "../core/pool-status.ts";
import type { PoolKind } from "./pool-task.ts";
import type { Overrun } from "./signs-of-life.ts";

/** Why a running job is being ended by us. */
export type EndReason =
  | { readonly type: "cancelled" }
  | {
      readonly type: "timed_out";
      readonly overrun: Overrun;
      /** How its worker was when its time was up. */
      readonly health: WorkerHealth;
    }
  | { readonly type: "too_large"; readonly limitMb: number }
  | { readonly type: "not_loaded"; readonly afterMs: number }
  /** The server goes: the task did nothing wrong. */
  | { readonly type: "shutdown" };

/** What is said to one that has a worker and asks whether it may start. */
export type Permit =
  | { readonly type: "granted" }
  | { readonly type: "lease_lost" }
  | { readonly type: "failed"; readonly error: WireError };

/** Said of a task whose time was up, where it tells why. */
const HEALTH_WORDS: Partial<Record<WorkerHealth, string>> = {
  spinning: ", in code that does not return to the event loop",
  blocked: ", blocked in a system call",
  stopped: ", stopped by a signal",
  starved: ", for want of processor time",
};

const MEND = "Mend it before you submit it again.";

/** Nobody can tell what a command did before its worker died: whoever asked for it decides. */
export const mayRunTwice = ({ effects, source }: PoolKind): boolean =>
  effects !== "once" && source.type !== "shell";

/** `how` says which step of the ladder it took. */
export function endedResult(
  reason: EndReason,
  kind: PoolKind,
  how: string,
): TaskResult {
  switch (reason.type) {
    case "cancelled":
      return {
        status: "cancelled",
        error: wireError("CANCELLED", `the task was cancelled; ${how}`),
        valueJson: null,
      };
    case "timed_out": {
      const [what, hint] = overrunWords(reason.overrun);
      return {
        status: "timed_out",
        error: wireError(
          "TASK_TIMEOUT",
          `the task ran longer than ${what}${HEALTH_WORDS[reason.health] ?? ""}; ${how}`,
          hint,
        ),
        valueJson: null,
      };
    }
    case "too_large":
      return failed(
        "MEMORY_LIMIT",
        `the worker held more than the kind's ${reason.limitMb} MiB; ${how}`,
        "Raise memory_mb of the kind, or give the task less at a time.",
      );
    case "not_loaded":
      return failed(
        "START_TIMEOUT",
        `kind '${kind.name}' was not loaded after ${reason.afterMs} ms; its worker was ended`,
        "Does the module wait for something while it is imported?",
      );
    case "shutdown":
      return lostResult(
        kind,
        "SHUTTING_DOWN",
        "the server shut down before the task ended",
      );
  }
}

/** What it ran longer than, and what to do. */
function overrunWords(overrun: Overrun): readonly [string, string] {
  const { limitMs } = overrun;
  switch (overrun.type) {
    case "limit":
      return [
        `its ${limitMs} ms`,
        "Give a larger timeout_ms, or split the work.",
      ];
    case "silent": {
      const { silentMs } = overrun;
      const since = silentMs === null ? "" : ` for ${Math.floor(silentMs)} ms`;
      return [
        `its limit of ${limitMs} ms and gave no sign of life${since}`,
        "A task that prints, or calls ctx.heartbeat(), is given longer; timeout_ms is a limit of your own.",
      ];
    }
    case "alive":
      return [
        `the ${limitMs} ms that a task which gives signs of life may take`,
        "Give a larger timeout_ms, or split the work.",
      ];
  }
}

/** What may have had effects and must not have them twice has no known outcome. */
export const lostResult = (
  { effects }: PoolKind,
  code: ErrorCode,
  message: string,
  hint?: string,
): TaskResult =>
  effects === "once"
    ? {
        status: "unknown_outcome",
        error: wireError(
          "UNKNOWN_OUTCOME",
          `${message}, and the kind's effects are 'once'`,
          "Check whether it took effect before you submit it again.",
        ),
        valueJson: null,
      }
    : failed(code, message, hint);

/** `how` its last worker died. */
export const poisonedResult = (deaths: number, how: string): TaskResult => ({
  status: "poisoned",
  error: wireError(
    "POISONED",
    `${deaths} workers died running this task; the last one ${how}`,
    `Does it call process.exit, crash a native library or run out of memory? ${MEND}`,
  ),
  valueJson: null,
});

/** Whoever was to note that it begins found it in other hands. */
export const leaseLostResult = (): TaskResult => ({
  status: "cancelled",
  error: wireError(
    "CANCELLED",
    "its lease was lost before it began: another instance may have it",
  ),
  valueJson: null,
});

/** Its like killed so many workers that none is given to it for `forMs`. */
export const refusedResult = (forMs: number): TaskResult => ({
  status: "poisoned",
  error: {
    ...wireError(
      "POISONED",
      `the very same input killed worker after worker; it gets none for the next ${Math.ceil(forMs / 1_000)} s`,
      MEND,
    ),
    retry_after_ms: Math.ceil(forMs),
  },
  valueJson: null,
});

const failed = (
  code: ErrorCode,
  message: string,
  hint?: string,
): TaskResult => ({
  status: "failed",
  error: wireError(code, message, hint),
  valueJson: null,
});
