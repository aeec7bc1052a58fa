/**
 * A task: a piece of work of one kind with one input, which ends in exactly one result.
 * States only move forward: queued -> running -> one of the terminal states.
 */

import type { WireError } from "./errors.ts";
import type { HolderId, SessionId, TaskId, WorkerId } from "./ids.ts";
import type { JsonValue } from "./json.ts";
import type { EpochMs } from "./time.ts";
import type { Tier } from "./tier.ts";
import type { TraceCarrier } from "./trace-context.ts";

export const TERMINAL_STATES = [
  "completed",
  "failed",
  "timed_out",
  "cancelled",
  "unknown_outcome",
  "poisoned",
] as const;
export const TASK_STATES = ["queued", "running", ...TERMINAL_STATES] as const;

export type TerminalState = (typeof TERMINAL_STATES)[number];
export type TaskState = (typeof TASK_STATES)[number];

export const isTerminal = (state: TaskState): state is TerminalState =>
  state !== "queued" && state !== "running";

/**
 * What running a task may do to the world. A task whose worker died is run again by itself, up to
 * 3 times in all, and ends `poisoned` if each of them died. `once` is never run again after it may
 * have started: it ends `unknown_outcome`.
 */
export type Effects = "none" | "idempotent" | "once";

/** Tasks of `pool` run on worker processes; those of `board` are for agents and scripts to do. */
export const QUEUE_NAMES = ["pool", "board"] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

/** How the one before has to end. */
export const DEPENDENCY_ENDS = ["success", "finish", "failure"] as const;
export type DependencyOn = (typeof DEPENDENCY_ENDS)[number];

/** A task that comes after another. */
export interface Dependency {
  readonly id: TaskId;
  readonly on: DependencyOn;
}

/** A task as asked for, after validation. `inputJson` is the input, encoded once and passed on as text. */
export interface TaskRequest {
  readonly kind: string;
  readonly inputJson: string;
  readonly session: SessionId | null;
  /** Longest run time in ms; null asks for the kind's default. */
  readonly timeoutMs: number | null;
  /** From submission to its end, ms: refused if that cannot be kept; null: whenever. */
  readonly deadlineMs: number | null;
  /** -10..10, higher first. */
  readonly priority: number;
  readonly idempotencyKey: string | null;
  /** Runs only after these have ended as it needs them to. */
  readonly after: readonly Dependency[];
  /** Which trace it belongs to; left out: none. It is not stored: a task that another server takes has none. */
  readonly trace?: TraceCarrier | null;
}

/** How a task ended. `valueJson` is JSON text, exactly as the worker encoded it. */
export type TaskResult =
  | { readonly status: "completed"; readonly valueJson: string }
  | {
      readonly status: Exclude<TerminalState, "completed">;
      readonly error: WireError;
      /** Kept where there is something to show, as the output of a command that exited with 1. */
      readonly valueJson: string | null;
    };

/** The three clocks of one attempt, ms. Start time is what loading the kind took; run time is only the task's own. */
export interface Timing {
  readonly waitMs: number;
  readonly startMs: number;
  readonly runMs: number;
}

/** How a task came to a worker: an idle one, a share of a busy one, or one it had to wait for. */
export type Way =
  | "own_idle"
  | "loaded_idle"
  | "bare_idle"
  | "free_lane"
  | "own_busy"
  | "other_busy"
  | "starting"
  | "spawn"
  | "nothing";

/** Why a task ran where it did: what was expected, and what else there was. Times in ms. */
export interface Decision {
  readonly way: Way;
  readonly predicted: Timing;
  /** The next best way and its completion; null: there was no other. */
  readonly instead: Way | null;
  readonly insteadMs: number | null;
  /** What leaving the session's worker was reckoned to cost; null: it was not to be left at all. */
  readonly priceMs: number | null;
}

/** Where one attempt ran and how long it took. */
export interface Execution extends Timing {
  readonly tier: Tier;
  readonly worker: WorkerId;
  /** Null where there was nothing to choose: it joined others of its kind on their worker. */
  readonly decision?: Decision | null;
  /** Workers that died under earlier tries of the same attempt; left out: none. */
  readonly deaths?: number;
  /** It gave a sign of life while it ran: heartbeat, progress, log or output, its last words apart. Left out: none. */
  readonly beats?: boolean;
}

/** Everything that is known of a task: one row. */
export interface TaskRecord {
  readonly id: TaskId;
  readonly queue: QueueName;
  /** Who has it now; null: nobody. */
  readonly holder: HolderId | null;
  readonly kind: string;
  readonly inputJson: string;
  readonly session: SessionId | null;
  readonly priority: number;
  readonly timeoutMs: number | null;
  readonly deadlineMs: number | null;
  readonly after: readonly Dependency[];
  readonly state: TaskState;
  readonly attempt: number;
  readonly submittedAt: EpochMs;
  readonly startedAt: EpochMs | null;
  readonly settledAt: EpochMs | null;
  /** Null until the task ended, and for one that never reached a worker. */
  readonly execution: Execution | null;
  readonly result: TaskResult | null;
}

/** What a task printed, as far as it was kept. */
export interface TaskOutput {
  readonly text: string;
  /** Bytes the task wrote; more than `text` holds when the middle was dropped. */
  readonly bytesSeen: number;
  readonly truncated: boolean;
}

/** A kind as a client sees it. */
export interface KindInfo {
  readonly kind: string;
  readonly description: string;
  /** JSON Schema 2020-12 of the input, or null while no worker has read the module yet. */
  readonly inputSchema: { readonly [key: string]: JsonValue } | null;
  readonly effects: Effects;
  readonly timeoutMs: number;
  /** What it says it can do, for matching work to workers. */
  readonly capabilities: readonly string[];
}
