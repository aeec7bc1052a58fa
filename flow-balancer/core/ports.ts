/** What the mechanism needs from outside: time, chance, and a queue that remembers. */

import type { SessionId, TaskId } from "./ids.ts";
import type { EpochMs, MonoMs } from "./time.ts";
import type {
  Execution,
  TaskOutput,
  TaskRecord,
  TaskRequest,
  TaskResult,
  TaskState,
} from "./task.ts";

/** The only way to time and chance. Core and policy take values; the mechanism takes this. */
export interface Env {
  now(): EpochMs;
  mono(): MonoMs;
  /** Calls `fn` once after `ms`; the returned function cancels it. Does not keep the process alive. */
  timer(ms: number, fn: () => void): () => void;
  /** A fresh unguessable string, sortable by time. */
  unique(): string;
}

/** Proof that the caller holds a task: a settle with an older fence is refused. */
export interface Lease {
  readonly id: TaskId;
  readonly attempt: number;
  readonly fence: number;
}

export type Recorded =
  /** The recorder holds the task from the start. */
  | { readonly isNew: true; readonly task: TaskRecord; readonly lease: Lease }
  /** The idempotency key was seen before; this is the earlier task. */
  | { readonly isNew: false; readonly task: TaskRecord };

/** How a task ended, as it is recorded. */
export interface Settlement {
  readonly result: TaskResult;
  /** Null if it never reached a worker, as is `startedAt`. */
  readonly execution: Execution | null;
  readonly startedAt: EpochMs | null;
  readonly output: TaskOutput | null;
}

export interface ListFilter {
  readonly state?: TaskState | undefined;
  readonly session?: SessionId | undefined;
  readonly kind?: string | undefined;
  readonly since?: EpochMs | undefined;
  /** Rows below this sequence number only: the newest come first. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface ListPage {
  readonly tasks: readonly TaskRecord[];
  /** Pass as `before` for the next page; null at the end. */
  readonly next: number | null;
}

/**
 * One row a task, and one result a task. Promises resolve once what they say is on disk.
 * An engine may group calls of one tick into one transaction.
 */
export interface TaskQueue {
  /** Records a task as queued. Throws IDEMPOTENCY_CONFLICT if the key belongs to another input. */
  record(request: TaskRequest): Promise<Recorded>;
  /** queued -> running, for others to see; false if the lease was lost or the task has ended. May be left out: a settle says it too. */
  started(lease: Lease): Promise<boolean>;
  /** To a terminal state, once: false if the lease was lost or the task had ended already. */
  settle(lease: Lease, settlement: Settlement): Promise<boolean>;
  get(id: TaskId): Promise<TaskRecord | null>;
  output(id: TaskId): Promise<TaskOutput | null>;
  list(filter: ListFilter): Promise<ListPage>;
  /** Tasks a state, for a glance. */
  counts(): Promise<Readonly<Record<TaskState, number>>>;
  /** Run times (ms) of the newest completed tasks of a kind, newest first. */
  runTimes(kind: string, limit: number): Promise<readonly number[]>;
}

export interface Session {
  readonly id: SessionId;
  readonly name: string | null;
  readonly openedAt: EpochMs;
  readonly closedAt: EpochMs | null;
}

/** Sessions that a client opened by name; what they mean to workers is the pool's business. */
export interface SessionStore {
  open(name: string | null): Promise<Session>;
  /** Closing twice is closing once; null if there is no such session. */
  close(id: SessionId): Promise<Session | null>;
  get(id: SessionId): Promise<Session | null>;
}
