/**
 * The port of the task queue: what an engine that keeps tasks has to do, in terms that fit any that is
 * pulled from, leases, and settles by id. Who claims a task holds it under a fence that grows with
 * every claim; whoever speaks of it later names that fence, and one that is out of date changes
 * nothing. Promises resolve once what they say is on disk. tests/conformance/queue.ts says what every
 * engine must keep.
 */

import type { WireError } from "./errors.ts";
import type { HolderId, SessionId, TaskId } from "./ids.ts";
import type { OutcomeFacts } from "./outcome.ts";
import type { EpochMs } from "./time.ts";
import type {
  Execution,
  QueueName,
  TaskOutput,
  TaskRecord,
  TaskRequest,
  TaskResult,
  TaskState,
} from "./task.ts";

/** Proof that the caller holds a task: whatever names an older fence is refused. */
export interface Lease {
  readonly id: TaskId;
  /** Claims so far, this one included, that did not give the task back unrun. A redrive counts anew; the fence grows on. */
  readonly attempt: number;
  readonly fence: number;
}

/** How a task is queued, beside what it is. */
export interface Terms {
  readonly queue: QueueName;
  /** Who holds it from the start; null: whoever claims it. A task that has to wait (for others, a time, its group) is held by nobody at first, whatever this says. */
  readonly holder: HolderId | null;
  /** Not before so many ms from now. */
  readonly delayMs: number;
  /** Tries before a failure is final: 1 or more; one that was lost with its holder counts. */
  readonly maxAttempts: number;
  /** Pause before the second attempt, ms; doubled for each further one, and longer by up to half of it, so that tasks spread. */
  readonly backoffMs: number;
  /** Never run again once it may have started. */
  readonly runsOnce: boolean;
  /** Only the call that waits for it knows of it: of no use to anybody once its holder is long gone. */
  readonly awaited: boolean;
  /** At most `limit` tasks of one key are held at a time. */
  readonly group: { readonly key: string; readonly limit: number } | null;
}

export const PLAIN_TERMS: Terms = {
  queue: "pool",
  holder: null,
  delayMs: 0,
  maxAttempts: 1,
  backoffMs: 1_000,
  runsOnce: false,
  awaited: false,
  group: null,
};

export type Recorded =
  /** `lease` is null for a task that nobody holds yet. */
  | {
      readonly isNew: true;
      readonly task: TaskRecord;
      readonly lease: Lease | null;
    }
  /** The idempotency key was seen before; this is the earlier task. */
  | { readonly isNew: false; readonly task: TaskRecord };

/** One task of a graph that is recorded whole. Its id is the caller's to make, so that others of the graph can name it. */
export interface NewTask {
  readonly id: TaskId;
  readonly request: TaskRequest;
  readonly terms: Terms;
}

/** How a task ended, as it is recorded; with what learners are to know of it, where there is something to know. A `timeoutMs` left out is the task's own. */
export interface Settlement extends Partial<OutcomeFacts> {
  readonly result: TaskResult;
  /** Null if it never reached a worker, as is `startedAt`. */
  readonly execution: Execution | null;
  readonly startedAt: EpochMs | null;
  readonly output: TaskOutput | null;
}

/** What became of a settle. */
export interface Settled {
  /** False: the lease was lost, or the task had ended. Nothing was changed then. */
  readonly accepted: boolean;
  /** Tasks that can be claimed now that this one has ended. */
  readonly released: readonly TaskId[];
  /** Tasks that ended with it, without having run: what they come after can no longer end as they need it. */
  readonly ended: readonly TaskId[];
}

export interface ClaimAsk {
  readonly queue: QueueName;
  readonly holder: HolderId;
  /** At most so many. */
  readonly max: number;
  /** Lost after so many ms unless extended; null: held for as long as the holder lives (see `reclaim`). */
  readonly leaseMs: number | null;
  /** Of these kinds only; left out: of any. */
  readonly kinds?: readonly string[];
  /** With `kinds`: true: of sessions only; false: only those of none; left out: either. */
  readonly inSession?: boolean;
  /** These tasks only; left out: the most urgent. */
  readonly ids?: readonly TaskId[];
}

/** A task that is the claimer's now, with the terms it was queued under. */
export interface Claimed {
  readonly task: TaskRecord;
  readonly lease: Lease;
  readonly terms: Terms;
}

/** What a heartbeat is told: go on, stop (somebody wants it cancelled), or it is another's by now. */
export type Hold = "held" | "cancel" | "lost";

export interface Reclaimed {
  /** Back in the queue. */
  readonly requeued: number;
  /** May have started and must not run twice: `unknown_outcome`. */
  readonly unknown: number;
  /** Three holders died while they ran: `poisoned`. */
  readonly poisoned: number;
  /** Whoever waited for them is gone, or somebody wanted them cancelled: `cancelled`. */
  readonly abandoned: number;
}

export interface Swept {
  /** Leases that ran out: their tasks are back in the queue, or have ended. No holder counts as dead for it. */
  readonly expired: number;
  /** Tasks whose time has come. */
  readonly due: number;
}

/** Of a cancelled task: it has ended; its holder was asked to end it; it had ended before. */
export type CancelAnswer = "cancelled" | "asked" | "ended";

export interface ListFilter {
  readonly state?: TaskState | undefined;
  readonly session?: SessionId | undefined;
  readonly kind?: string | undefined;
  readonly since?: EpochMs | undefined;
  readonly queue?: QueueName | undefined;
  /** Rows below this sequence number only: the newest come first. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface ListPage {
  readonly tasks: readonly TaskRecord[];
  /** Pass as `before` for the next page; null at the end. */
  readonly next: number | null;
}

export interface TaskQueue {
  /**
   * Records a task; with a holder in its terms, it is claimed in the same breath. Throws
   * IDEMPOTENCY_CONFLICT if the key belongs to another input, NOT_FOUND if it comes after a task
   * there is not. One whose parents have already ended wrongly is recorded, and ended, at once.
   */
  record(request: TaskRequest, terms: Terms): Promise<Recorded>;
  /** Records a whole graph, or nothing of it. Throws NOT_FOUND, or DEPENDENCY_CYCLE with the cycle shown. */
  add(tasks: readonly NewTask[]): Promise<readonly TaskRecord[]>;
  /**
   * The most urgent ones that can run: by priority, one step more for each whole minute since it was
   * submitted, then first come first served; answered in that order. With a lease a task is `running`
   * at once, without one from `started` on. The first claim makes it attempt 1.
   */
  claim(ask: ClaimAsk): Promise<readonly Claimed[]>;
  /** queued -> running; false if the lease was lost or the task has ended. Says true again if it is said again. May be left out for a task that may run twice: a settle says it too. */
  started(lease: Lease): Promise<boolean>;
  /** The heartbeat of leases that run out; one that did, but was not swept yet, lives again. A task held without a time stays so. */
  extend(leases: readonly Lease[], leaseMs: number): Promise<readonly Hold[]>;
  /** To a terminal state, once an attempt; in the same step what comes after it is released, or ends. */
  settle(lease: Lease, settlement: Settlement): Promise<Settled>;
  /** As `settle`, unless an attempt is left: then it is queued again, after a pause (`again`) that is no shorter than `holdMs`, if that is named. What completed or is wanted cancelled has none left. Whoever calls it knows how the attempt ended: a task that `runsOnce` is tried again too. */
  retry(
    lease: Lease,
    settlement: Settlement,
    holdMs?: number,
  ): Promise<Settled & { readonly again: boolean }>;
  /** Gives a task back that was not run; the attempt does not count. False if the lease was lost. One that is wanted cancelled ends `cancelled`, as whenever its holder loses it. */
  release(lease: Lease): Promise<boolean>;
  /** Null if there is no such task. One that nobody holds ends `cancelled` with `error`. */
  cancel(id: TaskId, error: WireError): Promise<CancelAnswer | null>;
  /** Puts a task that ended other than `completed` back into the queue, with as many attempts as at first, and with it what ended for its sake. False if there is none such, or if what it comes after still makes it impossible. */
  redrive(id: TaskId): Promise<boolean>;
  /** It is known now to others than the call that waits for it. */
  told(ids: readonly TaskId[]): Promise<void>;
  /** Returns expired leases to the queue (what must not run twice ends `unknown_outcome`) and makes due tasks claimable: nothing else does. Cheap when there is nothing to do; safe from anywhere. */
  sweep(): Promise<Swept>;
  /**
   * Takes everything from a holder that is dead. What `runsOnce` and has started ends
   * `unknown_outcome`; else what somebody wants cancelled, and the `awaited` if `abandon`, ends
   * `cancelled`; else it is queued again. The attempt of what had not started does not count.
   */
  reclaim(
    holder: HolderId,
    options: { readonly abandon: boolean },
  ): Promise<Reclaimed>;
  /** Tasks of this holder that somebody else wants cancelled. */
  cancelAsked(holder: HolderId): Promise<readonly TaskId[]>;
  /** What this holder has, as the queue sees it. */
  held(holder: HolderId): Promise<readonly Lease[]>;
  get(id: TaskId): Promise<TaskRecord | null>;
  /** Those of `ids` that have ended, in any order. One look for many. */
  ended(ids: readonly TaskId[]): Promise<readonly TaskId[]>;
  output(id: TaskId): Promise<TaskOutput | null>;
  list(filter: ListFilter): Promise<ListPage>;
  /** Tasks a state, for a glance. */
  counts(): Promise<Readonly<Record<TaskState, number>>>;
  /** Run times (ms) of the newest completed tasks of a kind in the pool, the last to end first. */
  runTimes(kind: string, limit: number): Promise<readonly number[]>;
}
