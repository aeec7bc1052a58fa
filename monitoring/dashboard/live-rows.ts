/** How changed tasks get into a list that is on show, and what is kept while the stream is paused. Pure. */

import type { TaskFilter, TaskRowView } from "../api/task-views.ts";

export interface TasksEvent {
  readonly changed: readonly TaskRowView[];
  /** Others changed too. */
  readonly more: boolean;
}

/** What came while the stream was paused: of each task the last. */
export interface Held {
  readonly rows: ReadonlyMap<string, TaskRowView>;
  readonly more: boolean;
}

export const NOTHING_HELD: Held = { rows: new Map(), more: false };

/** Beyond this many a list is fetched anew rather than patched. */
const MOST_HELD = 1000;

export function hold(held: Held, event: TasksEvent): Held {
  const rows = new Map(held.rows);
  for (const row of event.changed) rows.set(row.task_id, row);
  if (rows.size <= MOST_HELD) return { rows, more: held.more || event.more };
  return { rows: new Map([...rows].slice(-MOST_HELD)), more: true };
}

/** Whether the server would list this row under `filter`; pages apart. `since` is epoch ms. */
export function matches(row: TaskRowView, filter: TaskFilter): boolean {
  const text = filter.text?.toLowerCase();
  return (
    (filter.state === undefined ||
      filter.state.length === 0 ||
      filter.state.includes(row.state)) &&
    (filter.kind === undefined || filter.kind === row.kind) &&
    (filter.session === undefined || filter.session === row.session) &&
    (filter.worker === undefined || filter.worker === row.worker) &&
    (filter.since === undefined || filter.since <= row.submitted_at) &&
    (text === undefined ||
      text === "" ||
      row.task_id.toLowerCase().includes(text) ||
      (row.title?.toLowerCase().includes(text) ?? false))
  );
}

export interface Merged {
  readonly rows: readonly TaskRowView[];
  /** Rows that came in above, and that went because the filter no longer lets them through. */
  readonly added: number;
  readonly removed: number;
}

/**
 * `rows` are newest first (by `seq`, falling). Known rows are replaced where they stand; a new one goes
 * in if the filter lets it through and it is newer than the oldest that is loaded, or all are loaded.
 * One that no longer fits goes, unless it is among `keep` (what is selected).
 * The same array comes back if nothing changed. Takes a search per changed row, however long the list.
 */
export function mergeRows(
  rows: readonly TaskRowView[],
  changed: readonly TaskRowView[],
  filter: TaskFilter,
  {
    complete,
    keep = new Set(),
  }: { readonly complete: boolean; readonly keep?: ReadonlySet<string> },
): Merged {
  const oldest = rows.at(-1)?.seq ?? Number.NEGATIVE_INFINITY;
  const next = [...rows];
  const gone = new Set<number>();
  const fresh: TaskRowView[] = [];
  let touched = false;
  for (const row of latestOf(changed)) {
    const at = placeOf(rows, row.seq);
    const fits = matches(row, filter);
    if (rows[at]?.seq === row.seq) {
      touched = true;
      if (fits || keep.has(row.task_id)) next[at] = row;
      else gone.add(at);
    } else if (fits && (complete || rows.length === 0 || row.seq > oldest))
      fresh.push(row);
  }
  if (!touched && fresh.length === 0) return { rows, added: 0, removed: 0 };
  const kept = gone.size === 0 ? next : next.filter((_, i) => !gone.has(i));
  return {
    rows: inOrder(kept, fresh),
    added: fresh.length,
    removed: gone.size,
  };
}

/** Of each task the last. */
const latestOf = (changed: readonly TaskRowView[]): Iterable<TaskRowView> =>
  new Map(changed.map((row) => [row.task_id, row])).values();

/** The first place whose `seq` is not above this one. */
function placeOf(rows: readonly TaskRowView[], seq: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.seq ?? 0) > seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Both by falling `seq` in the end; `kept` is already, and may be very long. */
function inOrder(
  kept: readonly TaskRowView[],
  fresh: readonly TaskRowView[],
): readonly TaskRowView[] {
  if (fresh.length === 0) return kept;
  const lowest = fresh.reduce((low, { seq }) => Math.min(low, seq), Infinity);
  const upTo = placeOf(kept, lowest);
  const head = [...kept.slice(0, upTo), ...fresh].sort((a, b) => b.seq - a.seq);
  return [...head, ...kept.slice(upTo)];
}
