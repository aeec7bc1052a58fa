/** The inserts of new tasks, and what recorder.ts asks first. Each runs for every task, so each is compiled once. */

import { eq, sql } from "drizzle-orm";
import type { StoredText } from "../codec/stored-text.ts";
import type { HolderId, TaskId } from "../core/ids.ts";
import type { QueueName } from "../core/task.ts";
import type { Store } from "../store/database.ts";
import { tasks } from "../store/schema.ts";
import { columnsAsKeys, compileStatement, slot } from "./compile-statement.ts";
import type { TaskRow } from "./task-row.ts";

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
  /** Above 0 until it is known what it waits for. */
  readonly pending: number;
  readonly dueBoot: number | null;
  readonly dueAt: number | null;
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly groupKey: string | null;
  readonly groupLimit: number | null;
}

/** The recorder's own claim is the first, and so is its fence. */
export const FIRST = 1;

export const prepareRecorder = (store: Store) => ({
  ...prepareInserts(store),
  ...prepareRest(store),
});

function prepareInserts({ raw, orm }: Store) {
  const p = sql.placeholder;
  /** What is not named keeps its default, as a constant of the statement. */
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
        pending: p("pending"),
        dueBoot: p("dueBoot"),
        dueAt: p("dueAt"),
        maxAttempts: p("maxAttempts"),
        backoffMs: p("backoffMs"),
        groupKey: p("groupKey"),
        groupLimit: p("groupLimit"),
      }),
    ),
  };
}

function prepareRest({ raw, orm }: Store) {
  const p = sql.placeholder;
  return {
    byKey: compileStatement<TaskRow, { key: string }>(
      raw,
      orm
        .select(columnsAsKeys(tasks))
        .from(tasks)
        .where(eq(tasks.idempotencyKey, p("key"))),
    ),
    hold: compileStatement<never, { seq: number; holder: HolderId }>(
      raw,
      orm
        .update(tasks)
        .set({
          holder: slot("holder"),
          attempt: FIRST,
          fence: FIRST,
          dueBoot: null,
        })
        .where(eq(tasks.seq, p("seq"))),
    ),
  };
}
