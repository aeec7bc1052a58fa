/** The statements of a task's plain way: recorded as held, started, settled. Each runs for every task, so each is compiled once, and binds no column that keeps its default. */

import { and, eq, sql } from "drizzle-orm";
import type { StoredText } from "../codec/stored-text.ts";
import type { HolderId, TaskId } from "../core/ids.ts";
import type { QueueName, TaskState } from "../core/task.ts";
import type { Store } from "../store/database.ts";
import { outcomes, taskOutputs, tasks } from "../store/schema.ts";
import { compileStatement, slot } from "./compile-statement.ts";
import type { settledColumns } from "./task-row.ts";

/** What has to be known of a task before its state changes. */
export interface TaskNow {
  readonly seq: number;
  readonly kind: string;
  readonly queue: QueueName;
  readonly state: TaskState;
  readonly holder: HolderId | null;
  readonly attempt: number;
  readonly fence: number;
  readonly timeoutMs: number | null;
  readonly hasDependants: 0 | 1;
  readonly groupKey: string | null;
}

interface PlainColumns {
  readonly id: TaskId;
  readonly kind: string;
  readonly inputJson: StoredText;
  readonly session: string | null;
  readonly priority: number;
  readonly timeoutMs: number | null;
  readonly deadlineMs: number | null;
  readonly idempotencyKey: string | null;
  readonly submittedAt: number;
  readonly holder: HolderId | null;
  readonly runsOnce: 0 | 1;
  readonly awaited: 0 | 1;
}

interface FullColumns extends PlainColumns {
  readonly attempt: number;
  readonly fence: number;
  readonly queue: QueueName;
  readonly afterJson: string | null;
  readonly dueBoot: number | null;
  readonly dueAt: number | null;
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly groupKey: string | null;
  readonly groupLimit: number | null;
}

/** The recorder's own claim is the first, and so is its fence. */
export const FIRST = 1;

export const prepareTaskWrites = (store: Store) => ({
  ...prepareInserts(store),
  ...prepareUpdates(store),
});

function prepareInserts({ raw, orm }: Store) {
  const p = sql.placeholder;
  const plain = {
    id: p("id"),
    kind: p("kind"),
    inputJson: p("inputJson"),
    session: p("session"),
    priority: p("priority"),
    timeoutMs: p("timeoutMs"),
    deadlineMs: p("deadlineMs"),
    idempotencyKey: p("idempotencyKey"),
    state: "queued" as const,
    attempt: FIRST,
    fence: FIRST,
    submittedAt: p("submittedAt"),
    holder: p("holder"),
    runsOnce: p("runsOnce"),
    awaited: p("awaited"),
  };
  return {
    insertPlain: compileStatement<never, PlainColumns>(
      raw,
      orm.insert(tasks).values(plain),
    ),
    insertFull: compileStatement<never, FullColumns>(
      raw,
      orm.insert(tasks).values({
        ...plain,
        attempt: p("attempt"),
        fence: p("fence"),
        queue: p("queue"),
        afterJson: p("afterJson"),
        dueBoot: p("dueBoot"),
        dueAt: p("dueAt"),
        maxAttempts: p("maxAttempts"),
        backoffMs: p("backoffMs"),
        groupKey: p("groupKey"),
        groupLimit: p("groupLimit"),
      }),
    ),
    insertOutcome: compileStatement<
      never,
      Omit<typeof outcomes.$inferSelect, "seq">
    >(
      raw,
      orm.insert(outcomes).values({
        kind: p("kind"),
        state: p("state"),
        tier: p("tier"),
        waitMs: p("waitMs"),
        startMs: p("startMs"),
        runMs: p("runMs"),
        timeoutMs: p("timeoutMs"),
        attempt: p("attempt"),
        settledAt: p("settledAt"),
      }),
    ),
    insertOutput: compileStatement<
      never,
      {
        taskId: TaskId;
        text: StoredText | null;
        bytesSeen: number;
        truncated: 0 | 1;
      }
    >(
      raw,
      orm.insert(taskOutputs).values({
        taskId: p("taskId"),
        text: p("text"),
        bytesSeen: p("bytesSeen"),
        truncated: p("truncated"),
      }),
    ),
  };
}

function prepareUpdates({ raw, orm }: Store) {
  const p = sql.placeholder;
  return {
    /** Looked at first, under the same lock: cheaper than an update that returns what it changed, and it says the state before. */
    now: compileStatement<TaskNow, { id: TaskId }>(
      raw,
      orm
        .select({
          seq: tasks.seq,
          kind: tasks.kind,
          queue: tasks.queue,
          state: tasks.state,
          holder: tasks.holder,
          attempt: tasks.attempt,
          fence: tasks.fence,
          timeoutMs: sql`${tasks.timeoutMs}`.as("timeoutMs"),
          hasDependants: sql`${tasks.hasDependants}`.as("hasDependants"),
          groupKey: sql`${tasks.groupKey}`.as("groupKey"),
        })
        .from(tasks)
        .where(eq(tasks.id, p("id"))),
    ),
    start: compileStatement<never, { seq: number; startedAt: number }>(
      raw,
      orm
        .update(tasks)
        .set({ state: "running", startedAt: slot("startedAt") })
        .where(eq(tasks.seq, p("seq"))),
    ),
    settle: compileStatement<never, ReturnType<typeof settledColumns>>(
      raw,
      orm
        .update(tasks)
        .set({
          state: slot("state"),
          startedAt: sql`coalesce(${p("startedAt")}, ${tasks.startedAt})`,
          settledAt: slot("settledAt"),
          tier: slot("tier"),
          worker: slot("worker"),
          waitMs: slot("waitMs"),
          startMs: slot("startMs"),
          runMs: slot("runMs"),
          decisionJson: slot("decisionJson"),
          deaths: slot("deaths"),
          valueJson: slot("valueJson"),
          errorJson: slot("errorJson"),
          holder: null,
          leaseBoot: null,
          cancelAsked: 0,
        })
        .where(and(eq(tasks.seq, p("seq")), eq(tasks.fence, p("fence")))),
    ),
  };
}
