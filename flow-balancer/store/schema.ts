/**
 * The tables. One row a task, whatever becomes of it; times are epoch ms for display, durations
 * are ms measured on a monotonic clock. Migrations are generated from this file. A StoredText column
 * holds long text compressed, as a BLOB.
 */

import { sql } from "drizzle-orm";
import {
  index,
  integer,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import type { StoredText } from "../codec/stored-text.ts";
import type { SessionId, TaskId, WorkerId } from "../core/ids.ts";
import type { TaskState } from "../core/task.ts";
import type { Tier } from "../core/tier.ts";

export const tasks = sqliteTable(
  "tasks",
  {
    /** Order of arrival; also the cursor of listings. */
    seq: integer("seq").primaryKey(),
    id: text("id").$type<TaskId>().notNull(),
    kind: text("kind").notNull(),
    inputJson: text("input").$type<StoredText>().notNull(),
    session: text("session").$type<SessionId>(),
    priority: integer("priority").notNull(),
    timeoutMs: integer("timeout_ms"),
    idempotencyKey: text("idempotency_key"),
    state: text("state").$type<TaskState>().notNull(),
    attempt: integer("attempt").notNull(),
    /** Grows with every claim; a settle must name the present one. */
    fence: integer("fence").notNull(),
    submittedAt: integer("submitted_at").notNull(),
    startedAt: integer("started_at"),
    settledAt: integer("settled_at"),
    tier: text("tier").$type<Tier>(),
    worker: text("worker").$type<WorkerId>(),
    waitMs: real("wait_ms"),
    startMs: real("start_ms"),
    runMs: real("run_ms"),
    valueJson: text("value").$type<StoredText>(),
    errorJson: text("error"),
    /** From submission to its end, ms, as the task was asked for. */
    deadlineMs: integer("deadline_ms"),
    /** The tasks it comes after, a JSON list of ids; null: none. */
    afterJson: text("after"),
    /** Why it ran where it did: a `Decision` as JSON. */
    decisionJson: text("decision"),
    /** Workers that died under earlier tries; null: none. */
    deaths: integer("deaths"),
  },
  (table) => [
    uniqueIndex("tasks_id").on(table.id),
    uniqueIndex("tasks_idempotency_key")
      .on(table.idempotencyKey)
      .where(sql`idempotency_key IS NOT NULL`),
    index("tasks_completed_by_kind")
      .on(table.kind, table.seq)
      .where(sql`state = 'completed'`),
  ],
);

/** What a task printed; no row for one that printed nothing. */
export const taskOutputs = sqliteTable("task_outputs", {
  taskId: text("task_id").$type<TaskId>().primaryKey(),
  text: text("text").$type<StoredText>().notNull(),
  bytesSeen: integer("bytes_seen").notNull(),
  truncated: integer("truncated", { mode: "boolean" }).notNull(),
});

export const sessions = sqliteTable("sessions", {
  id: text("id").$type<SessionId>().primaryKey(),
  name: text("name"),
  openedAt: integer("opened_at").notNull(),
  closedAt: integer("closed_at"),
});
