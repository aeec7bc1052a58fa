/** The statements of a held task's plain way: started, settled. Each runs for every task, so each is compiled once. */

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

export const prepareSettles = (store: Store) => ({
  ...prepareUpdates(store),
  ...prepareInserts(store),
});

/** Nobody was told that it runs, nobody asked anything of it, and nothing hangs on its end. */
const AS_RECORDED = sql`state = 'queued' AND holder IS NOT NULL AND cancel_asked = 0 AND has_dependants = 0`;

/** What a settle sets, however the task came to it. */
const SETTLED = {
  state: slot("state"),
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
};

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
    /** Without a look at it first; changes nothing unless the task is as its holder recorded it. */
    settlePlain: compileStatement<never, ReturnType<typeof settledColumns>>(
      raw,
      orm
        .update(tasks)
        .set({ ...SETTLED, startedAt: slot("startedAt") })
        .where(
          and(
            eq(tasks.seq, p("seq")),
            eq(tasks.fence, p("fence")),
            eq(tasks.id, p("id")),
            AS_RECORDED,
          ),
        ),
    ),
    settle: compileStatement<never, ReturnType<typeof settledColumns>>(
      raw,
      orm
        .update(tasks)
        .set({
          ...SETTLED,
          startedAt: sql`coalesce(${p("startedAt")}, ${tasks.startedAt})`,
          leaseBoot: null,
          cancelAsked: 0,
        })
        .where(and(eq(tasks.seq, p("seq")), eq(tasks.fence, p("fence")))),
    ),
  };
}

function prepareInserts({ raw, orm }: Store) {
  const p = sql.placeholder;
  return {
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
        taskSeq: p("taskSeq"),
        bucket: p("bucket"),
        expert: p("expert"),
        holder: p("holder"),
        hasBeats: p("hasBeats"),
        cost: p("cost"),
        tokens: p("tokens"),
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
      // What an earlier attempt may have left must not keep a result from being stored.
      orm
        .insert(taskOutputs)
        .values({
          taskId: p("taskId"),
          text: p("text"),
          bytesSeen: p("bytesSeen"),
          truncated: p("truncated"),
        })
        .onConflictDoUpdate({
          target: taskOutputs.taskId,
          set: {
            text: sql`excluded.text`,
            bytesSeen: sql`excluded.bytes_seen`,
            truncated: sql`excluded.truncated`,
          },
        }),
    ),
  };
}
