/** What the parts of the board share. */

import type { SuggestWork } from "../core/suggest-work.ts";
import { BalancerError } from "../core/errors.ts";
import { type HolderId, type TaskId, SHELL_BRIDGE } from "../core/ids.ts";
import { durationInWords } from "../core/duration-in-words.ts";
import type { Env } from "../core/ports.ts";
import type { Lease, TaskQueue } from "../core/queue.ts";
import { quoted } from "../core/quoted.ts";
import type { Store } from "../store/database.ts";
import { leaseLeftMs } from "./board-item.ts";
import type { BoardLog } from "./board-log.ts";
import type { BoardWrites } from "./board-writes.ts";
import { shown } from "./check-text.ts";
import type { ItemReads, ItemRow } from "./item-reads.ts";
import type { MetaValues } from "./meta-values.ts";
import type { ResourceDesk } from "./resource-desk.ts";

export interface BoardParts {
  readonly store: Store;
  readonly queue: TaskQueue;
  readonly env: Env;
  readonly suggest: SuggestWork;
  /** Runs an evidence command and says what was seen; never rejects for what the command does. */
  readonly checkCommand: (
    argv: readonly string[],
    cwd: string | null,
  ) => Promise<{ readonly ok: boolean; readonly seen: string }>;
  /** Where board.json goes. */
  readonly home: string;
  /** Paths of evidence and resources are relative to it. */
  readonly root: string;
  /** Active weight of a claimer who says nothing of it. */
  readonly capacity: number;
  /** How long a claim lasts unless it is extended, ms. */
  readonly leaseMs: number;
  /** Takes an item back that the bridge offers to scripts: true if no script has it, nor will. Null: there is no bridge. */
  readonly withdraw: ((id: TaskId, fence: number) => boolean) | null;
  /** Tasks of the pool may be claimable now. */
  readonly onReleased?: () => void;
  /** Why nothing new is to be stored; null, or left out: it may be. */
  readonly refusal?: () => BalancerError | null;
}

export interface BoardContext extends BoardParts {
  readonly reads: ItemReads;
  readonly writes: BoardWrites;
  readonly meta: MetaValues;
  readonly log: BoardLog;
  readonly resources: ResourceDesk;
  /** Somebody may see a difference: board.json is written anew. */
  readonly changed: () => void;
}

/** Throws NOT_FOUND. */
export function itemRow({ reads }: BoardContext, id: TaskId): ItemRow {
  const row = reads.item.get({ id });
  if (row !== undefined) return row;
  throw new BalancerError(
    "NOT_FOUND",
    reads.isThere.get({ id }) === undefined
      ? `there is no task ${quoted(id)} on the board`
      : `${quoted(id)} is a task of the pool, which a server runs itself: it is not on the board`,
    { hint: "The board's status lists what there is." },
  );
}

/** Who works on it: a script, where the bridge holds an item for it. Null: nobody. */
export const workerOf = ({
  holder,
  workedBy,
}: Pick<ItemRow, "holder" | "workedBy">): HolderId | null =>
  holder === SHELL_BRIDGE ? (workedBy ?? holder) : holder;

/** Throws ALREADY_FINISHED or NOT_OWNER, with who has it and for how long. */
export function assertHolds(
  { env }: BoardContext,
  row: ItemRow,
  by: HolderId,
): void {
  if (row.holder === by) return;
  if (row.settledAt !== null)
    throw new BalancerError(
      "ALREADY_FINISHED",
      `${row.id} has ended: ${row.state}`,
    );
  const left = leaseLeftMs(row, env.boot());
  const worker = workerOf(row);
  throw new BalancerError(
    "NOT_OWNER",
    worker === null || left === null
      ? `${row.id} is not yours: nobody has it`
      : `${row.id} is not yours: ${shown(worker)} has it, for another ${durationInWords(left)} unless extended`,
    {
      hint:
        row.holder === null
          ? "Claim it first; your lease may have run out."
          : "Claim another; a note can be left on this one.",
    },
  );
}

export const leaseOf = ({ id, attempt, fence }: ItemRow): Lease => ({
  id,
  attempt,
  fence,
});

/** How long from now, ms: as asked; else as is usual, but never less than is left of it. */
export const extensionOf = (
  { env, leaseMs }: BoardContext,
  row: ItemRow,
  asked: number | null,
): number => asked ?? Math.max(leaseMs, leaseLeftMs(row, env.boot()) ?? 0);

/** A holder lost its lease between two looks. */
export const lost = (id: TaskId): BalancerError =>
  new BalancerError("NOT_OWNER", `${id} is not yours any more`, {
    hint: "The lease ran out. Claim it again if nobody else has; extend the lease in time by an update.",
  });
