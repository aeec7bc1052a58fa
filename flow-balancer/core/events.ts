/**
 * What the mechanism tells whoever watches it: what has happened, never what to do. Told to one sink, by
 * one call that does next to nothing (see watching/metrics-desk.ts): an observer can neither slow nor
 * break a task.
 */

import type { ErrorCode } from "./errors.ts";
import type { TaskId } from "./ids.ts";
import type { LimitBasis } from "./run-limit.ts";
import type { Execution, TerminalState } from "./task.ts";

/** How an attempt ended that this server ran, once that is on disk. */
export interface TaskSettled {
  readonly type: "task.settled";
  readonly id: TaskId;
  readonly kind: string;
  readonly state: TerminalState;
  readonly attempt: number;
  /** It is queued again: this was not its end. */
  readonly again: boolean;
  /** Null: it never reached a worker. */
  readonly execution: Execution | null;
  /** How long it might run without a sign of life, ms; null: it never came so far. */
  readonly limitMs: number | null;
  /** By whose word; null: as above. */
  readonly limitBasis: LimitBasis | null;
  /** Null: it completed. */
  readonly code: ErrorCode | null;
}

export type EngineEvent =
  /** Recorded here, and new. */
  | { readonly type: "task.submitted"; readonly kind: string }
  /** Not taken, and not recorded. */
  | { readonly type: "task.refused"; readonly code: ErrorCode }
  | TaskSettled
  /** From the store, for this server's pool. */
  | { readonly type: "task.claimed"; readonly n: number }
  /** Tasks this server worked on that are another's by now. */
  | { readonly type: "lease.lost"; readonly n: number }
  /** Leases of anybody that ran out, as this server was the first to see. */
  | { readonly type: "lease.expired"; readonly n: number }
  /** A result that came too late: its task had ended, or was another's. */
  | { readonly type: "fence.rejected" }
  | { readonly type: "worker.started" }
  | {
      readonly type: "worker.exited";
      /** Null: ended by a signal. */
      readonly exitCode: number | null;
    }
  | { readonly type: "worker.start_failed" }
  /** One transaction; from its begin to its commit. */
  | {
      readonly type: "store.committed";
      readonly ms: number;
      readonly writes: number;
    }
  /** A transaction that waits for a lock, or for room, and is tried again. */
  | { readonly type: "store.delayed" }
  /** Writes that nothing was wrong with and that the store would not take. */
  | {
      readonly type: "store.refused";
      readonly code: ErrorCode;
      readonly writes: number;
    }
  /** A server of the home has died, and this one gave its work back. */
  | { readonly type: "instance.died" };

/** Must not throw, and must not take time. */
export type EventSink = (event: EngineEvent) => void;
