/** Where tasks that a filter lets through are looked for: the narrowest place that has all of them. */

import type { Database } from "bun:sqlite";
import type { TaskFilter } from "../../monitoring/api/task-views.ts";
import type { TaskState } from "../core/task.ts";

/** Never changes: kind, session, time of arrival. */
export const LISTED = "tasks INDEXED BY tasks_listed";

export interface Source {
  readonly table: string;
  /** As its index has it. */
  readonly where: string;
  /** Numbers a slice: 1 to 3 ms. */
  readonly size: number;
}

const SOURCES = {
  badly: {
    table: "tasks INDEXED BY tasks_ended_badly",
    where: "settled_at IS NOT NULL AND state <> 'completed'",
    size: 40_000,
  },
  listed: { table: LISTED, where: "1", size: 16_000 },
  rows: { table: "tasks NOT INDEXED", where: "1", size: 4_000 },
} satisfies Record<string, Source>;

const isOpen = (state: TaskState): boolean =>
  state === "queued" || state === "running";

const saysMore = (filter: TaskFilter): boolean =>
  filter.kind !== undefined || filter.session !== undefined;

export function sourceOf(filter: TaskFilter): Source {
  const { state = [], worker, text = "" } = filter;
  if (text !== "") return SOURCES.rows;
  const isBad = (it: TaskState): boolean => it !== "completed" && !isOpen(it);
  if (state.length > 0 && state.every(isBad)) return SOURCES.badly;
  // A row is looked up only where kind and session fit; where nearly all do, it costs less to read them in order.
  const needsRow = state.length > 0 || worker !== undefined;
  return saysMore(filter) || !needsRow ? SOURCES.listed : SOURCES.rows;
}

export const isOpenOnly = ({ state = [] }: TaskFilter): boolean =>
  state.length > 0 && state.every(isOpen);

/** Of more there is always one among the newest. */
const MOST = 5_000;

/** What waits, is held, or may not run yet: the partial indexes of the queue. */
const OPEN_PLACES = [
  "tasks_ready WHERE queue = 'pool' AND holder IS NULL AND state = 'queued' AND pending = 0 AND due_boot IS NULL",
  "tasks_ready WHERE queue = 'board' AND holder IS NULL AND state = 'queued' AND pending = 0 AND due_boot IS NULL",
  "tasks_held WHERE holder IS NOT NULL",
  "tasks_blocked WHERE pending > 0",
  "tasks_due WHERE due_boot IS NOT NULL",
];

/** The numbers of all that have not ended, in no order; null: there are very many. */
export function openTasks(raw: Database): readonly number[] | null {
  const found = new Set<number>();
  for (const place of OPEN_PLACES) {
    const rows = raw
      .query<{ seq: number }, []>(
        `SELECT seq FROM tasks INDEXED BY ${place} LIMIT ${MOST + 1}`,
      )
      .all();
    for (const { seq } of rows) found.add(seq);
    if (found.size > MOST) return null;
  }
  return [...found];
}
