/** Reads tasks from a store that is not ours to change, and that an older version may have written. */

import type { Database } from "bun:sqlite";
import { getTableColumns, type Column } from "drizzle-orm";
import type { TaskId } from "../core/ids.ts";
import type { TaskRecord } from "../core/task.ts";
import { tasks } from "../store/schema.ts";
import { toRecord, type TaskRow } from "./task-row.ts";

export class TaskReader {
  readonly #raw: Database;
  /** Null: a file in which there are no tables yet. */
  readonly #sql: string | null;

  /** Takes what `openForReading` gave. */
  constructor(raw: Database) {
    this.#raw = raw;
    const present = new Set(
      raw
        .query<{ name: string }, []>("PRAGMA table_info(tasks)")
        .all()
        .map(({ name }) => name),
    );
    // What an older version had no column for is as it would be by default.
    const columns = Object.entries(getTableColumns(tasks)).map(
      ([key, column]) =>
        `${present.has(column.name) ? `"${column.name}"` : defaultOf(column)} AS "${key}"`,
    );
    this.#sql =
      present.size === 0
        ? null
        : `SELECT ${columns.join(", ")} FROM tasks WHERE id = ?`;
  }

  get(id: TaskId): TaskRecord | null {
    if (this.#sql === null) return null;
    const row = this.#raw.query<TaskRow, [string]>(this.#sql).get(id);
    return row === null ? null : toRecord(row);
  }
}

/** In SQL: the schema's own words and whole numbers. */
const defaultOf = ({ default: value }: Column): string =>
  typeof value === "number"
    ? String(value)
    : typeof value === "string"
      ? `'${value}'`
      : "NULL";
