/** The tables of what terminals share besides tasks: sessions, instances, the board, what happened, what was decided and learned, what persons asked for. See schema.ts for the clocks. */

import { sql } from "drizzle-orm";
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
} from "drizzle-orm/sqlite-core";
import type { StoredText } from "../codec/stored-text.ts";
import type { HolderId, InstanceId, SessionId, TaskId } from "../core/ids.ts";

export const sessions = sqliteTable(
  "sessions",
  {
    id: text("id").$type<SessionId>().primaryKey(),
    name: text("name"),
    openedAt: integer("opened_at").notNull(),
    closedAt: integer("closed_at"),
    lastUsedAt: integer("last_used_at"),
    /** Grows with every save; a save names the one it read. 0: nothing saved yet. */
    version: integer("version").notNull().default(0),
    /** The state as JSON, where it is small; null: it is in a file, or there is none. */
    stateJson: text("state").$type<StoredText>(),
    /** Names the file of a large state. */
    blob: text("blob"),
    /** Length of the state as JSON, in bytes. */
    stateBytes: integer("state_bytes").notNull().default(0),
    /** The generation before, should the present one be damaged. */
    previousJson: text("previous_state").$type<StoredText>(),
    previousBlob: text("previous_blob"),
  },
  (table) => [
    index("sessions_open")
      .on(table.lastUsedAt)
      .where(sql`closed_at IS NULL`),
  ],
);

/** Servers that share this home. A row outlives its process, for whoever asks what became of it. */
export const instances = sqliteTable(
  "instances",
  {
    id: text("id").$type<InstanceId>().primaryKey(),
    pid: integer("pid").notNull(),
    /** Of the process, in clock ticks since the machine started: a pid alone may be another's by now. */
    pidStarted: text("pid_started").notNull(),
    bootId: text("boot_id").notNull(),
    /** `stdio` or `http`. */
    transport: text("transport").notNull(),
    projectRoot: text("project_root").notNull(),
    version: text("version").notNull(),
    startedAt: integer("started_at").notNull(),
    heartbeatAt: integer("heartbeat_at").notNull(),
    heartbeatBoot: integer("heartbeat_boot").notNull(),
    /** Null while it runs, as far as anybody knows. */
    endedAt: integer("ended_at"),
    /** `stopped` by itself, or found `died`. */
    end: text("end").$type<"stopped" | "died">(),
    /** Worker processes it would have if it were alone. */
    maxWorkers: integer("max_workers").notNull(),
    /** Worker processes it has work for. */
    wants: integer("wants").notNull().default(0),
    /** Its share of the machine's. */
    share: integer("share").notNull(),
  },
  (table) => [
    index("instances_alive")
      .on(table.heartbeatBoot)
      .where(sql`ended_at IS NULL`),
  ],
);

/** What a task of the board has beside its row in `tasks`. */
export const boardItems = sqliteTable("board_items", {
  /** The task's. */
  seq: integer("seq").primaryKey(),
  taskId: text("task_id").$type<TaskId>().notNull().unique(),
  title: text("title").notNull(),
  details: text("details"),
  /** 1..10. */
  weight: integer("weight").notNull(),
  /** JSON list of names. */
  capabilitiesJson: text("capabilities").notNull(),
  createdBy: text("created_by").$type<HolderId>().notNull(),
  /** The last who had it, also after its end. */
  workedBy: text("worked_by").$type<HolderId>(),
  progressDone: integer("progress_done"),
  progressTotal: integer("progress_total"),
  /** What a completion has to prove: JSON list of `Evidence`. */
  requiredJson: text("required").notNull(),
  /** What was proven: JSON list of `EvidenceCheck`; null until completed. */
  provenJson: text("proven"),
  summary: text("summary"),
});

/** Hand-off notes, oldest first. */
export const boardNotes = sqliteTable(
  "board_notes",
  {
    id: integer("id").primaryKey(),
    taskSeq: integer("task_seq").notNull(),
    at: integer("at").notNull(),
    by: text("by").$type<HolderId>().notNull(),
    text: text("text").notNull(),
  },
  (table) => [index("board_notes_task").on(table.taskSeq)],
);

/** Files, ports and the like that somebody works on. */
export const resourceClaims = sqliteTable("resource_claims", {
  /** `file:<path>`, `port:<number>`, or any other name. */
  name: text("name").primaryKey(),
  holder: text("holder").$type<HolderId>().notNull(),
  taskId: text("task_id").$type<TaskId>(),
  claimedAt: integer("claimed_at").notNull(),
  leaseBoot: integer("lease_boot").notNull(),
});

/** How often a holder's completed work needed a capability and stood the check, or not. */
export const capabilityRecords = sqliteTable(
  "capability_records",
  {
    holder: text("holder").$type<HolderId>().notNull(),
    capability: text("capability").notNull(),
    successes: integer("successes").notNull(),
    failures: integer("failures").notNull(),
  },
  (table) => [primaryKey({ columns: [table.holder, table.capability] })],
);

/** What happened that no row of its own tells: claims and ends on the board, instances that came and went, results that came too late. */
export const events = sqliteTable(
  "events",
  {
    seq: integer("seq").primaryKey(),
    at: integer("at").notNull(),
    /** `noun.past`. */
    type: text("type").notNull(),
    taskId: text("task_id").$type<TaskId>(),
    holder: text("holder").$type<HolderId>(),
    /** JSON object. */
    detailJson: text("detail"),
  },
  (table) => [index("events_type").on(table.type, table.seq)],
);

/** What a policy chose for an attempt of a task, and what else it could have: a `DecisionRecord` (core/decision.ts). */
export const decisions = sqliteTable(
  "decisions",
  {
    id: integer("id").primaryKey(),
    taskId: text("task_id").$type<TaskId>().notNull(),
    /** The task's, by which outcomes are found; it outlives the task. */
    taskSeq: integer("task_seq").notNull(),
    attempt: integer("attempt").notNull(),
    /** The newest outcome then: what came of it came later. */
    outcomeSeq: integer("outcome_seq").notNull(),
    at: integer("at").notNull(),
    policy: text("policy").notNull(),
    version: text("version").notNull(),
    choice: text("choice").notNull(),
    /** JSON list of `Alternative`. */
    alternativesJson: text("alternatives").notNull(),
    propensity: real("propensity").notNull(),
    reasonJson: text("reason").notNull(),
  },
  (table) => [
    index("decisions_attempt").on(table.taskSeq, table.attempt),
    index("decisions_task").on(table.taskId),
  ],
);

/** What learners know. */
export const learnedStates = sqliteTable(
  "learned_states",
  {
    learner: text("learner").notNull(),
    /** Of the form of its state. */
    version: integer("version").notNull(),
    /** Grows with every save. */
    revision: integer("revision").notNull(),
    /** Of the last outcome that is part of it; 0: of none. */
    seq: integer("seq").notNull(),
    stateJson: text("state").$type<StoredText>().notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.learner, table.version] })],
);

/** What persons asked of a server, and how it can be taken back. */
export const audit = sqliteTable("audit", {
  seq: integer("seq").primaryKey(),
  at: integer("at").notNull(),
  /** `noun.past`. */
  action: text("action").notNull(),
  /** Who asked. */
  by: text("by").notNull(),
  /** On what. */
  target: text("target").notNull(),
  /** JSON object. */
  detailJson: text("detail").notNull(),
  /** JSON object: what takes it back; null: nothing does. */
  undoJson: text("undo"),
  /** The entry that took it back. */
  undoneBy: integer("undone_by"),
});
