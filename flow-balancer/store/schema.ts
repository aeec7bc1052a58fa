/**
 * The tables of tasks: one row a task, whatever becomes of it. Times of the wall clock are epoch ms
 * and for display; `..._boot` are ms of the boot clock, by which processes of one machine agree (see
 * meta.boot_id); durations are ms measured on a monotonic clock. Migrations are generated from the
 * schema files. A StoredText column holds long text compressed, as a BLOB.
 */

import { sql } from "drizzle-orm";
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import type { StoredText } from "../codec/stored-text.ts";
import type { HolderId, SessionId, TaskId, WorkerId } from "../core/ids.ts";
import type {
  DependencyOn,
  QueueName,
  TaskState,
  TerminalState,
} from "../core/task.ts";
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
    /** Grows with every claim and whenever a holder loses it; a settle must name the present one. */
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
    /** The tasks it comes after, a JSON list; null: none. An id alone: on success; else `[id, on]`. What is still open of them is in `dependencies`. */
    afterJson: text("after"),
    /** Why it ran where it did: a `Decision` as JSON (core/explain-decision.ts). */
    decisionJson: text("decision"),
    /** Workers that died under earlier tries; null: none. */
    deaths: integer("deaths"),
    /** Who may claim it: instances for their pools, or agents and scripts from the board. */
    queue: text("queue").$type<QueueName>().notNull().default("pool"),
    /** Who holds it; null: nobody, as before a claim and after its end. */
    holder: text("holder").$type<HolderId>(),
    /** When the holder loses it unless it says that it goes on; null: it is held for as long as its holder lives. */
    leaseBoot: integer("lease_boot"),
    /** Not before this; null: at once. At the end of all time, without `dueAt`: not before its group has a place (queue/group-places.ts). */
    dueBoot: integer("due_boot"),
    /** The same by the wall clock, for a machine that was restarted since. */
    dueAt: integer("due_at"),
    /** Tasks it comes after that have not ended. */
    pending: integer("pending").notNull().default(0),
    /** 1: others come after it, and its end is to be told them. */
    hasDependants: integer("has_dependants").notNull().default(0),
    maxAttempts: integer("max_attempts").notNull().default(1),
    /** Pause before the second attempt, ms; doubled for each further one. */
    backoffMs: integer("backoff_ms"),
    /** Holders that died under it. */
    lost: integer("lost").notNull().default(0),
    /** 1: never run again once it may have started. */
    runsOnce: integer("runs_once").notNull().default(0),
    /** 1: only the call that waits for it knows of it; worth nothing once that call is gone. */
    awaited: integer("awaited").notNull().default(0),
    /** 1: somebody else than its holder wants it cancelled. */
    cancelAsked: integer("cancel_asked").notNull().default(0),
    /** At most `groupLimit` tasks of one key are held at a time. */
    groupKey: text("group_key"),
    groupLimit: integer("group_limit"),
  },
  // Every insert and settle asks each partial index: the condition that rules most tasks out comes first,
  // and those of columns that no plain task sets do without the state (an end clears them).
  (table) => [
    uniqueIndex("tasks_id").on(table.id),
    uniqueIndex("tasks_idempotency_key")
      .on(table.idempotencyKey)
      .where(sql`idempotency_key IS NOT NULL`),
    index("tasks_ready")
      .on(table.queue, sql`priority DESC`, table.seq)
      .where(
        sql`holder IS NULL AND state = 'queued' AND pending = 0 AND due_boot IS NULL`,
      ),
    index("tasks_ready_kind")
      .on(table.queue, table.kind, sql`priority DESC`, table.seq)
      .where(
        sql`holder IS NULL AND state = 'queued' AND pending = 0 AND due_boot IS NULL`,
      ),
    index("tasks_due")
      .on(table.dueBoot)
      .where(sql`due_boot IS NOT NULL`),
    index("tasks_held")
      .on(table.holder)
      .where(sql`holder IS NOT NULL`),
    index("tasks_leased")
      .on(table.leaseBoot)
      .where(sql`lease_boot IS NOT NULL`),
    index("tasks_blocked")
      .on(table.seq, table.queue)
      .where(sql`pending > 0`),
    index("tasks_board_ended")
      .on(table.state)
      .where(sql`queue = 'board' AND settled_at IS NOT NULL`),
    index("tasks_cancel_asked")
      .on(table.holder)
      .where(sql`cancel_asked = 1 AND holder IS NOT NULL`),
    index("tasks_group_waiting")
      .on(
        table.groupKey,
        table.queue,
        table.kind,
        table.groupLimit,
        table.priority,
        table.dueBoot,
        table.seq,
      )
      .where(
        sql`group_key IS NOT NULL AND holder IS NULL AND state = 'queued' AND pending = 0`,
      ),
    index("tasks_group_held")
      .on(table.groupKey)
      .where(sql`group_key IS NOT NULL AND holder IS NOT NULL`),
    // What never changes of what lists are filtered by, a twentieth of the table: read a slice at a time (watching/task-list.ts).
    index("tasks_listed").on(
      table.seq,
      table.kind,
      table.session,
      table.submittedAt,
    ),
    index("tasks_ended_badly")
      .on(table.seq, table.state)
      .where(sql`settled_at IS NOT NULL AND state <> 'completed'`),
  ],
);

/** `task` waits for `parent`, or has ended for its sake; removed once the parent has ended as it should. */
export const dependencies = sqliteTable(
  "dependencies",
  {
    taskSeq: integer("task_seq").notNull(),
    parentSeq: integer("parent_seq").notNull(),
    on: text("on").$type<DependencyOn>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.taskSeq, table.parentSeq] }),
    index("dependencies_parent").on(table.parentSeq, table.taskSeq),
  ],
);

/** Attempts that did not settle their task: failed and tried again, given back, or lost with their holder. The last one is the task's own row. */
export const attempts = sqliteTable(
  "attempts",
  {
    id: integer("id").primaryKey(),
    taskSeq: integer("task_seq").notNull(),
    attempt: integer("attempt").notNull(),
    fence: integer("fence").notNull(),
    holder: text("holder").$type<HolderId>(),
    endedAt: integer("ended_at").notNull(),
    /** `retried`, `released`, `lease_expired`, `holder_died`, `redriven`. */
    end: text("end").$type<AttemptEnd>().notNull(),
    errorJson: text("error"),
  },
  (table) => [index("attempts_task").on(table.taskSeq)],
);

export type AttemptEnd =
  "retried" | "released" | "lease_expired" | "holder_died" | "redriven";

/**
 * What learners read: one row an attempt of a task of the pool whose holder said how it ended (an
 * `Outcome`, core/outcome.ts), kept when the task itself is archived. `seq` grows in the order of the
 * commits: it is given under the lock of the writer, and the newest row is never deleted.
 */
export const outcomes = sqliteTable(
  "outcomes",
  {
    seq: integer("seq").primaryKey(),
    kind: text("kind").notNull(),
    state: text("state").$type<TerminalState>().notNull(),
    tier: text("tier").$type<Tier>(),
    waitMs: real("wait_ms"),
    startMs: real("start_ms"),
    runMs: real("run_ms"),
    /** The limit in force: with `timed_out`, the run would have taken longer than `runMs`. */
    timeoutMs: integer("timeout_ms"),
    attempt: integer("attempt").notNull(),
    settledAt: integer("settled_at").notNull(),
    /** Joins it, with `attempt`, to what was decided; null in rows of older versions. Not indexed: who asks comes from here. */
    taskSeq: integer("task_seq"),
    bucket: text("bucket").notNull().default(""),
    expert: text("expert"),
    holder: text("holder").$type<HolderId>(),
    /** 1: it gave signs of life while it ran. */
    hasBeats: integer("has_beats").$type<0 | 1>().notNull().default(0),
    cost: real("cost"),
    tokens: integer("tokens"),
  },
  (table) => [index("outcomes_kind").on(table.kind, table.seq)],
);

/** How many tasks there are in each state, kept up by whoever changes one. */
export const tallies = sqliteTable("tallies", {
  state: text("state").$type<TaskState>().primaryKey(),
  n: integer("n").notNull(),
});

/** What a task printed; no row for one that printed nothing. */
export const taskOutputs = sqliteTable("task_outputs", {
  taskId: text("task_id").$type<TaskId>().primaryKey(),
  text: text("text").$type<StoredText>().notNull(),
  bytesSeen: integer("bytes_seen").notNull(),
  truncated: integer("truncated", { mode: "boolean" }).notNull(),
});

/** Facts of the file itself: `boot_id`, by whose clock the `..._boot` columns count. */
export const meta = sqliteTable("meta", {
  key: text("key").primaryKey(),
  value: text("value").notNull(),
});
