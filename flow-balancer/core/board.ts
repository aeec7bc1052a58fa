/**
 * The board: work that agents, people and scripts do themselves. Its tasks are tasks of the queue
 * `board`, so they have the same states, dependencies, leases and fences; this is what they have
 * beside. Every change is made by somebody (a holder), and only the present holder of a task may
 * speak for it.
 */

import type { WireError } from "./errors.ts";
import type { HolderId, TaskId } from "./ids.ts";
import type { Dependency, TaskState } from "./task.ts";
import type { EpochMs } from "./time.ts";

/** What a completion is believed for, once it was looked at. */
export type Evidence =
  /** A command that exits with 0; an argument array, never a line for a shell. */
  | {
      readonly type: "command";
      readonly argv: readonly string[];
      readonly cwd: string | null;
    }
  /** A file that is there, with this content if `sha256` is given. */
  | {
      readonly type: "file";
      readonly path: string;
      readonly sha256: string | null;
    }
  /** A task, of the pool or the board, that completed. */
  | { readonly type: "task"; readonly id: TaskId };

export interface EvidenceCheck {
  readonly evidence: Evidence;
  readonly holds: boolean;
  /** What was seen: an exit code, a size and hash, a state. */
  readonly seen: string;
  readonly at: EpochMs;
}

/** Names a task of the same list by its key, or one that is there by its id. */
export interface NewDependency {
  readonly ref: string;
  readonly on: Dependency["on"];
}

export interface NewItem {
  /** By which others of the same list come after it; null: none does. */
  readonly key: string | null;
  readonly title: string;
  readonly details: string | null;
  /** 1 (minutes) to 10 (the whole day). */
  readonly weight: number;
  /** -10..10, higher first. */
  readonly priority: number;
  readonly capabilities: readonly string[];
  readonly after: readonly NewDependency[];
  /** What its completion has to prove. */
  readonly required: readonly Evidence[];
  /** Of a pipeline: everything of a stage comes after everything of the one before. */
  readonly stage: number | null;
}

/** How the items of one list hang together, beside what each says of itself. */
export type ListType = "parallel" | "pipeline" | "sequential";

export interface Note {
  readonly at: EpochMs;
  readonly by: HolderId;
  readonly text: string;
}

export interface BoardItem {
  readonly id: TaskId;
  readonly title: string;
  readonly details: string | null;
  readonly weight: number;
  readonly priority: number;
  readonly capabilities: readonly string[];
  readonly after: readonly Dependency[];
  readonly state: TaskState;
  /** Ready to be claimed now. */
  readonly isReady: boolean;
  readonly attempt: number;
  readonly createdBy: HolderId;
  /** Who has it, or had it last. */
  readonly workedBy: HolderId | null;
  /** Ms until it is another's, unless extended; null: nobody has it. */
  readonly leaseLeftMs: number | null;
  readonly progress: {
    readonly done: number;
    readonly total: number | null;
  } | null;
  readonly required: readonly Evidence[];
  /** Null until it is completed; empty: it was completed on somebody's word alone. */
  readonly proven: readonly EvidenceCheck[] | null;
  readonly summary: string | null;
  readonly notes: readonly Note[];
  readonly submittedAt: EpochMs;
  readonly startedAt: EpochMs | null;
  readonly settledAt: EpochMs | null;
  readonly error: WireError | null;
}

/** Who asks for work. */
export interface Claimer {
  readonly holder: HolderId;
  /** What it says it can do. */
  readonly declared: readonly string[];
  /** Longest active weight it takes on; null: what is usual here. */
  readonly capacity: number | null;
}

/** What a claimer has in hand. */
export interface Load {
  readonly activeWeight: number;
  readonly capacity: number;
}

/** An item that could be claimed, and why it is where it is in the order. */
export interface Suggestion {
  readonly id: TaskId;
  readonly title: string;
  readonly weight: number;
  readonly score: number;
  /** In words, the most important first. */
  readonly reasons: readonly string[];
}

/** An item that cannot be claimed by this claimer now, and why. */
export interface Obstacle {
  readonly id: TaskId;
  readonly title: string;
  readonly reason: string;
}

export interface ClaimedItem {
  readonly item: BoardItem;
  /** Ms until it is another's, unless extended. */
  readonly leaseMs: number;
  readonly reasons: readonly string[];
}

export interface ClaimReport {
  /** Null: nothing could be claimed; `obstacles` says why. */
  readonly claimed: ClaimedItem | null;
  readonly load: Load;
  /** The next best, for a look ahead. */
  readonly others: readonly Suggestion[];
  readonly obstacles: readonly Obstacle[];
}

export interface ClaimOptions {
  /** This one and no other; null: the best for the claimer. */
  readonly id: TaskId | null;
  readonly leaseMs: number | null;
}

export interface Update {
  readonly progress: {
    readonly done: number;
    readonly total: number | null;
  } | null;
  readonly note: string | null;
  /** Files, ports and the like to work on alone: `file:<path>`, `port:<number>`, any name. */
  readonly claimResources: readonly string[];
  readonly releaseResources: readonly string[];
  /** Gives the task back; its attempt does not count. */
  readonly release: boolean;
  readonly leaseMs: number | null;
}

export interface UpdateReport {
  readonly item: BoardItem;
  /** `cancel`: somebody wants it stopped; `released`: whoever asked does not have it, or has it no more. */
  readonly hold: "held" | "cancel" | "released";
  readonly leaseMs: number | null;
  /** Resources somebody else has. */
  readonly refused: readonly {
    readonly name: string;
    readonly holder: HolderId;
    readonly taskId: TaskId | null;
  }[];
}

export interface Completion {
  readonly outcome: "completed" | "failed";
  readonly summary: string | null;
  readonly evidence: readonly Evidence[];
  readonly note: string | null;
}

export interface CompletionReport {
  readonly item: BoardItem;
  readonly checks: readonly EvidenceCheck[];
  /** Tasks that can be claimed now. */
  readonly released: readonly TaskId[];
}

export interface ResourceClaim {
  readonly name: string;
  readonly holder: HolderId;
  readonly taskId: TaskId | null;
  readonly claimedAt: EpochMs;
}

/** Something that happened on the board, for whoever was away. */
export interface BoardEvent {
  readonly at: EpochMs;
  readonly type: string;
  readonly taskId: TaskId | null;
  readonly title: string | null;
  readonly by: HolderId | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface FlowStatus {
  readonly counts: Readonly<Record<TaskState | "ready" | "blocked", number>>;
  /** Being worked on, the longest first; without their notes. */
  readonly active: readonly BoardItem[];
  readonly ready: readonly Suggestion[];
  readonly blocked: readonly Obstacle[];
  readonly resources: readonly ResourceClaim[];
  readonly load: Load;
  /** Since the time asked for, else since this holder was last heard of. */
  readonly since: EpochMs | null;
  readonly events: readonly BoardEvent[];
}

export interface Board {
  /** All of them or none. Throws INVALID_ARGUMENT, NOT_FOUND or DEPENDENCY_CYCLE. Answers in the order asked. */
  add(
    items: readonly NewItem[],
    type: ListType,
    by: HolderId,
  ): Promise<readonly BoardItem[]>;
  claim(by: Claimer, options: ClaimOptions): Promise<ClaimReport>;
  /** Throws NOT_FOUND, or NOT_OWNER to whoever does not hold it. Extends the lease. A note alone may be anybody's. */
  update(id: TaskId, by: HolderId, update: Update): Promise<UpdateReport>;
  /** Throws NOT_PROVEN with what did not hold; the task is still its holder's then. */
  complete(
    id: TaskId,
    by: HolderId,
    completion: Completion,
  ): Promise<CompletionReport>;
  get(id: TaskId): Promise<BoardItem | null>;
  status(by: Claimer, since: EpochMs | null): Promise<FlowStatus>;
}
