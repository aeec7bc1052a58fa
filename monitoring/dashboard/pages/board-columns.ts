/** The board's items in their columns, and how long their leases last. No browser needed. */

import type { BoardItemView, BoardView } from "../../api/shared-views.ts";
import { duration } from "../format.ts";

export type ColumnName = BoardItemView["column"];

/** In the order in which work goes through them. */
export const COLUMNS: readonly {
  readonly name: ColumnName;
  readonly title: string;
  /** When there is nothing in it. */
  readonly empty: string;
}[] = [
  {
    name: "blocked",
    title: "Blocked",
    empty: "Nothing waits for other work.",
  },
  {
    name: "ready",
    title: "Ready",
    empty: "Nothing can be taken now.",
  },
  { name: "active", title: "Active", empty: "Nobody works on anything." },
  { name: "done", title: "Done", empty: "Nothing has been finished yet." },
  { name: "failed", title: "Failed", empty: "Nothing failed." },
];

export interface BoardColumn {
  readonly name: ColumnName;
  readonly title: string;
  readonly empty: string;
  /** All there are; `items` are the newest of them. */
  readonly count: number;
  readonly items: readonly BoardItemView[];
}

/** Work in hand by the lease that ends first; what waits by priority; what is over, the newest first. */
export function boardColumns({ items, counts }: BoardView): BoardColumn[] {
  return COLUMNS.map((column) => {
    const own = items.filter((item) => item.column === column.name);
    return {
      ...column,
      count: Math.max(counts[column.name], own.length),
      items: own.sort(ORDERS[column.name]),
    };
  });
}

type Order = (a: BoardItemView, b: BoardItemView) => number;

const newestFirst: Order = (a, b) => b.changed_at - a.changed_at;
const urgentFirst: Order = (a, b) =>
  b.priority - a.priority || newestFirst(a, b);
const leaseFirst: Order = (a, b) =>
  (a.lease_left_ms ?? Number.MAX_VALUE) -
    (b.lease_left_ms ?? Number.MAX_VALUE) || newestFirst(a, b);

const ORDERS: Readonly<Record<ColumnName, Order>> = {
  blocked: urgentFirst,
  ready: urgentFirst,
  active: leaseFirst,
  done: newestFirst,
  failed: newestFirst,
};

/** Ms that are left of a lease that had `leftMs` at `fetchedAt`; below 0 it has run out. Null: there is none. `now` may be a second old. */
export const leaseLeft = (
  leftMs: number | null,
  fetchedAt: number,
  now: number,
): number | null =>
  leftMs === null ? null : leftMs - Math.max(0, now - fetchedAt);

/** 0..1; null: how much there is to do is not known. */
export function progressShare({
  progress_done: done,
  progress_total: total,
}: Pick<BoardItemView, "progress_done" | "progress_total">): number | null {
  if (done === null || total === null || total <= 0) return null;
  return Math.min(1, Math.max(0, done / total));
}

/** In whole seconds, as it is counted down. */
export function leaseWords(leftMs: number): string {
  if (leftMs <= 0) return "lease ended";
  if (leftMs < 1000) return "lease ends now";
  return `lease ${duration(Math.floor(leftMs / 1000) * 1000)} left`;
}
