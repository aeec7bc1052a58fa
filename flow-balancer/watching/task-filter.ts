/** A filter of the task list as a condition on rows of `tasks`. Values are bound, never part of the text. */

import type { SQLQueryBindings } from "bun:sqlite";
import type { TaskFilter } from "../../monitoring/api/task-views.ts";
import type { Running } from "./task-rows.ts";

export interface Condition {
  /** "1": every row. */
  readonly sql: string;
  readonly values: readonly SQLQueryBindings[];
}

/** Letters as ASCII has them are alike, large or small. */
const TITLE = `queue = 'board' AND EXISTS (SELECT 1 FROM board_items b WHERE b.seq = tasks.seq AND instr(lower(b.title), lower(?)) > 0)`;

export function conditionOf(filter: TaskFilter, running: Running): Condition {
  const parts: string[] = [];
  const values: SQLQueryBindings[] = [];
  const also = (sql: string, ...more: SQLQueryBindings[]): void => {
    parts.push(sql);
    values.push(...more);
  };
  const { state, kind, session, worker, since, text } = filter;
  if (state !== undefined && state.length > 0)
    also(`state IN (${state.map(() => "?").join(", ")})`, ...state);
  if (kind !== undefined) also("kind = ?", kind);
  if (session !== undefined) also("session = ?", session);
  if (since !== undefined) also("submitted_at >= ?", since);
  if (worker !== undefined) {
    const now = [...running].flatMap(([id, by]) => (by === worker ? [id] : []));
    if (now.length === 0) also("worker = ?", worker);
    else
      also(
        "(worker = ? OR worker IS NULL AND id IN (SELECT value FROM json_each(?)))",
        worker,
        JSON.stringify(now),
      );
  }
  if (text !== undefined && text !== "")
    also(`(instr(id, ?) > 0 OR ${TITLE})`, text, text);
  return { sql: parts.join(" AND ") || "1", values };
}

/** Only of tasks in these states; null: the filter says more than that. */
export function statesOnly(filter: TaskFilter): readonly string[] | null {
  const { state = [], kind, session, worker, since, text } = filter;
  const isMore =
    [kind, session, worker, since].some((it) => it !== undefined) ||
    (text ?? "") !== "";
  return isMore ? null : [...new Set(state)];
}
