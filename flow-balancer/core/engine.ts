/**
 * The one port through which fronts (stdio, HTTP, the command line) reach what runs tasks. A
 * front keeps no state of the engine's, and would not notice if it were another process.
 */

import type { Board } from "./board.ts";
import type { Chunking } from "./chunking.ts";
import type { EnsemblePolicy } from "./ensemble.ts";
import type { Gate } from "./gate.ts";
import type { InstanceId, SessionId, TaskId } from "./ids.ts";
import type { JsonValue } from "./json.ts";
import type { Patience } from "./patience.ts";
import type { PoolStatus } from "./pool-status.ts";
import type { Summary } from "./stats.ts";
import type { ListFilter, ListPage, NewTask, Terms } from "./queue.ts";
import type { Session } from "./session.ts";
import type {
  KindInfo,
  TaskOutput,
  TaskRecord,
  TaskRequest,
  TaskState,
} from "./task.ts";
import type { KindLimit, KindTimeouts } from "./timeout-stats.ts";

/** Told of a task's life while its submitter listens; calls must not throw. */
export interface TaskObserver {
  progress?(done: number, total: number | null, message: string | null): void;
  log?(message: string): void;
}

/** What may be asked of how a task is queued; see `Terms`. */
export type TermsAsked = {
  readonly [
    Key in "delayMs" | "maxAttempts" | "backoffMs" | "group" | "awaited"
  ]?: Terms[Key] | undefined;
};

export interface SubmitOptions {
  readonly terms?: TermsAsked;
  readonly observer?: TaskObserver;
  /** Shared by the tasks of a batch: each runs only inside it, and is cancelled if it is shut out. */
  readonly gate?: Gate;
}

/** A task that others of the same moment can name in `after`: its id is its submitter's to make. */
export type NamedRequest = Pick<NewTask, "id" | "request">;

/** A task that is on disk. One that the pool would not take (QUEUE_FULL, DEADLINE_UNREACHABLE) has ended by now: failed. */
export interface Submission {
  readonly task: TaskRecord;
  /** False for a task that was there before, under the same idempotency key: it is somebody else's too. */
  readonly isNew: boolean;
  /** The record with its result; rejects only if the result could not be stored. Resolves with a task that is still queued if the server goes and leaves it to others. */
  readonly done: Promise<TaskRecord>;
}

/** What is known of how long a kind runs. Throws UNKNOWN_KIND. */
export interface TimeoutStats {
  readonly kind: string;
  /** Of the newest completed runs, ms. */
  readonly runMs: Summary;
  /** In force for a task that names none, ms: a person's, or what was learned. */
  readonly timeoutMs: number;
  readonly isConfigured: boolean;
  /** Null: nothing is learned, or nothing was seen of it. */
  readonly learned: KindTimeouts | null;
  /** The same in lines for a person. */
  readonly said: readonly string[];
}

/** A server that shares the home. */
export interface InstanceView {
  readonly id: InstanceId;
  readonly pid: number;
  /** `stdio` or `http`. */
  readonly transport: string;
  readonly isSelf: boolean;
  /** Worker processes it has work for, and its share of the machine's. */
  readonly wants: number;
  readonly share: number;
  readonly heartbeatAgeMs: number;
}

/** What tries of a kind after the first may cost, on this server. */
export interface RetryStatus {
  readonly kind: string;
  /** Tries that may follow at once; below 0: so many wait for their turn. */
  readonly left: number;
  /** Since the server started: those that were due, and those of them that had to wait for their turn. */
  readonly retries: number;
  readonly held: number;
}

export interface EngineStatus {
  readonly pool: PoolStatus;
  /** Of the kinds of which something was tried again, by name. */
  readonly retries: readonly RetryStatus[];
  /** Learned, of the kinds that ran last; none where limits are fixed. */
  readonly limits: readonly KindLimit[];
  /** All servers on this home, this one included. */
  readonly instances: readonly InstanceView[];
  /** Stored tasks by state, of all servers that share the home. */
  readonly tasks: Readonly<Record<TaskState, number>>;
  readonly home: string;
}

export interface Engine {
  /** Work that agents do themselves. */
  readonly board: Board;
  /** How lists and large work are cut. */
  readonly chunking: Chunking;
  /** How one answer is made of several attempts. */
  readonly ensembles: EnsemblePolicy;
  /** How long clients wait. */
  readonly patience: Patience;
  /** Throws a refusal (UNKNOWN_KIND, QUEUE_FULL, SESSION_CLOSED, ...): nothing was recorded then. */
  submit(request: TaskRequest, options?: SubmitOptions): Promise<Submission>;
  /** Records all of them or, where `submit` would throw for one, none. Each is run by whichever server has room for it. */
  submitAll(
    tasks: readonly NamedRequest[],
    options?: Omit<SubmitOptions, "gate">,
  ): Promise<readonly Submission[]>;
  /** They are known now to others than the call that waited for them: a crash must not end them for want of a caller. */
  told(ids: readonly TaskId[]): Promise<void>;
  /** Resolves with the record once the task has ended, whichever server runs it. Throws NOT_FOUND or ALREADY_FINISHED. */
  cancel(id: TaskId): Promise<TaskRecord>;
  get(id: TaskId): Promise<TaskRecord | null>;
  /** The record once the task has ended; the present one when `signal` fires before. Throws NOT_FOUND. */
  settled(id: TaskId, signal: AbortSignal): Promise<TaskRecord>;
  /** Whether this server has the task: what it prints while it runs is known here alone. */
  runsHere(id: TaskId): boolean;
  /** What the task has printed so far; null for an unknown task or one that printed nothing. */
  output(id: TaskId): Promise<TaskOutput | null>;
  list(filter: ListFilter): Promise<ListPage>;
  status(): Promise<EngineStatus>;
  kinds(): readonly KindInfo[];
  /** Reads the kind's schema by way of a worker, if it is not known yet. Throws UNKNOWN_KIND, MODULE_*. */
  describeKind(kind: string): Promise<KindInfo>;
  /** Median of the newest run times, ms; null with fewer than 5 of them. */
  expectedRunMs(kind: string): Promise<number | null>;
  timeoutStats(kind: string): Promise<TimeoutStats>;
  openSession(name: string | null): Promise<Session>;
  /** Throws NOT_FOUND. */
  closeSession(id: SessionId): Promise<Session>;
  /** Affinity of calls that name no session; null for a caller that cannot be told from others. */
  defaultSession(connection: string | null): SessionId | null;
  /** The settings in force and where each came from, secrets masked. */
  effectiveConfig(): JsonValue;
  /** Calls `listener` when a task changed its state; returns how to stop. */
  onTaskChanged(listener: (id: TaskId) => void): () => void;
}
