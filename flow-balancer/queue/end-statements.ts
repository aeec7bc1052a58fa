/** The statements by which a held task changes hands, or ends without a result of its own. */

import { eq, inArray, sql } from "drizzle-orm";
import type { HolderId, TaskId } from "../core/ids.ts";
import type { TaskState } from "../core/task.ts";
import type { Store } from "../store/database.ts";
import {
  attempts,
  taskOutputs,
  tasks,
  type AttemptEnd,
} from "../store/schema.ts";
import { events } from "../store/shared-schema.ts";
import { columnsAsKeys, compileStatement, slot } from "./compile-statement.ts";
import type { TaskRow } from "./task-row.ts";

interface Requeue {
  readonly seq: number;
  /** 1: the attempt does not count. */
  readonly uncounted: 0 | 1;
  /** 1: its holder died under it. */
  readonly died: 0 | 1;
  readonly dueBoot: number | null;
  readonly dueAt: number | null;
}

interface End {
  readonly seq: number;
  readonly state: TaskState;
  readonly settledAt: number;
  readonly errorJson: string;
  readonly died: 0 | 1;
}

const NOBODYS = {
  holder: null,
  leaseBoot: null,
  cancelAsked: 0,
  fence: sql`${tasks.fence} + 1`,
};

export type EndStatements = ReturnType<typeof prepareEnds>;

export const prepareEnds = (store: Store) => ({
  ...prepareRows(store),
  ...prepareMoves(store),
  ...prepareRecords(store),
});

function prepareMoves({ raw, orm }: Store) {
  const p = sql.placeholder;
  const bySeq = eq(tasks.seq, p("seq"));
  const died = sql`${tasks.lost} + ${p("died")}`;
  return {
    requeue: compileStatement<never, Requeue>(
      raw,
      orm
        .update(tasks)
        .set({
          ...NOBODYS,
          state: "queued",
          startedAt: null,
          errorJson: null,
          attempt: sql`${tasks.attempt} - ${p("uncounted")}`,
          lost: died,
          dueBoot: slot("dueBoot"),
          dueAt: slot("dueAt"),
        })
        .where(bySeq),
    ),
    end: compileStatement<never, End>(
      raw,
      orm
        .update(tasks)
        .set({
          ...NOBODYS,
          state: slot("state"),
          settledAt: slot("settledAt"),
          errorJson: slot("errorJson"),
          lost: died,
          pending: 0,
          dueBoot: null,
          dueAt: null,
        })
        .where(bySeq),
    ),
    askCancel: compileStatement<never, { seq: number; errorJson: string }>(
      raw,
      orm
        .update(tasks)
        .set({ cancelAsked: 1, errorJson: slot("errorJson") })
        .where(bySeq),
    ),
    told: compileStatement<never, { ids: string }>(
      raw,
      orm
        .update(tasks)
        .set({ awaited: 0 })
        .where(
          inArray(tasks.id, sql`(SELECT value FROM json_each(${p("ids")}))`),
        ),
    ),
  };
}

function prepareRows({ raw, orm }: Store) {
  const p = sql.placeholder;
  const bySeq = eq(tasks.seq, p("seq"));
  return {
    row: compileStatement<TaskRow, { id: TaskId }>(
      raw,
      orm
        .select(columnsAsKeys(tasks))
        .from(tasks)
        .where(eq(tasks.id, p("id"))),
    ),
    rowAt: compileStatement<TaskRow, { seq: number }>(
      raw,
      orm.select(columnsAsKeys(tasks)).from(tasks).where(bySeq),
    ),
    /** As it was before it was ever tried; the error of before is kept in `attempts`. */
    restart: compileStatement<never, { seq: number }>(
      raw,
      orm
        .update(tasks)
        .set({
          ...NOBODYS,
          state: "queued",
          attempt: 0,
          lost: 0,
          // Whoever brought it back knows of it, and waits for no answer.
          awaited: 0,
          pending: 0,
          startedAt: null,
          settledAt: null,
          tier: null,
          worker: null,
          waitMs: null,
          startMs: null,
          runMs: null,
          decisionJson: null,
          deaths: null,
          valueJson: null,
          errorJson: null,
        })
        .where(bySeq),
    ),
  };
}

function prepareRecords({ raw, orm }: Store) {
  const p = sql.placeholder;
  return {
    attempt: compileStatement<
      never,
      {
        taskSeq: number;
        attempt: number;
        fence: number;
        holder: HolderId | null;
        endedAt: number;
        end: AttemptEnd;
        errorJson: string | null;
      }
    >(
      raw,
      orm.insert(attempts).values({
        taskSeq: p("taskSeq"),
        attempt: p("attempt"),
        fence: p("fence"),
        holder: p("holder"),
        endedAt: p("endedAt"),
        end: p("end"),
        errorJson: p("errorJson"),
      }),
    ),
    event: compileStatement<
      never,
      {
        at: number;
        type: string;
        taskId: TaskId;
        holder: HolderId | null;
        detailJson: string;
      }
    >(
      raw,
      orm.insert(events).values({
        at: p("at"),
        type: p("type"),
        taskId: p("taskId"),
        holder: p("holder"),
        detailJson: p("detailJson"),
      }),
    ),
    dropOutput: compileStatement<never, { id: TaskId }>(
      raw,
      orm.delete(taskOutputs).where(eq(taskOutputs.taskId, p("id"))),
    ),
  };
}
