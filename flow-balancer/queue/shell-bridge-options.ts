/** What the bridge to scripts is made of, and what it needs of the board. */

import type { Completion } from "../core/board.ts";
import type { HolderId, TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { Claimed, Lease, TaskQueue } from "../core/queue.ts";
import type { Store } from "../store/database.ts";

/** What the bridge needs of the board. */
export interface ScriptBoard {
  /** The best of what is ready, held by the bridge from now on. */
  offer(
    max: number,
    declared: readonly string[],
    leaseMs: number,
  ): Promise<readonly Claimed[]>;
  /** A script has begun; false if the lease is out of date. */
  taken(lease: Lease, by: HolderId): Promise<boolean>;
  /** Throws NOT_PROVEN, NOT_OWNER or ALREADY_FINISHED. */
  complete(
    id: TaskId,
    by: HolderId,
    completion: Completion,
    fence: number,
  ): Promise<unknown>;
}

export interface ShellBridgeOptions {
  readonly env: Env;
  readonly store: Store;
  readonly queue: Pick<TaskQueue, "extend" | "release">;
  readonly board: ScriptBoard;
  readonly home: string;
  /** Offered at a time; 32. */
  readonly window?: number;
  /** Without a heartbeat a script loses its task after so many ms, and so does a bridge; 60 s. */
  readonly leaseMs?: number;
  /** A beat that failed; the next one tries again. */
  readonly onError?: (thrown: unknown) => void;
}
