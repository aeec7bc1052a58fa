/** What recorder.ts needs beside the inserts of task-writes.ts. */

import { eq, sql } from "drizzle-orm";
import type { HolderId, TaskId } from "../core/ids.ts";
import type { Store } from "../store/database.ts";
import { tasks } from "../store/schema.ts";
import { columnsAsKeys, compileStatement, slot } from "./compile-statement.ts";
import type { TaskRow } from "./task-row.ts";
import { FIRST } from "./task-writes.ts";

export function prepareRecorder({ raw, orm }: Store) {
  const p = sql.placeholder;
  const row = () => orm.select(columnsAsKeys(tasks)).from(tasks);
  return {
    row: compileStatement<TaskRow, { id: TaskId }>(
      raw,
      row().where(eq(tasks.id, p("id"))),
    ),
    rowAt: compileStatement<TaskRow, { seq: number }>(
      raw,
      row().where(eq(tasks.seq, p("seq"))),
    ),
    byKey: compileStatement<TaskRow, { key: string }>(
      raw,
      row().where(eq(tasks.idempotencyKey, p("key"))),
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
