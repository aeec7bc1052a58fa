/** What is asked of the queue without changing it. */

import { and, desc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import { unpackText } from "../codec/stored-text.ts";
import type { TaskId } from "../core/ids.ts";
import type { ListFilter, ListPage } from "../core/queue.ts";
import {
  TERMINAL_STATES,
  type TaskOutput,
  type TaskRecord,
} from "../core/task.ts";
import type { Store } from "../store/database.ts";
import { outcomes, taskOutputs, tasks } from "../store/schema.ts";
import { toRecord } from "./task-row.ts";

export class TaskReads {
  readonly #store: Store;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: Store) {
    this.#store = store;
    this.#sql = prepare(store);
  }

  get(id: TaskId): TaskRecord | null {
    const row = this.#sql.get.get({ id });
    return row === undefined ? null : toRecord(row);
  }

  ended(ids: readonly TaskId[]): TaskId[] {
    return this.#sql.ended
      .all({ ids: JSON.stringify(ids) })
      .map(({ id }) => id);
  }

  output(id: TaskId): TaskOutput | null {
    const row = this.#sql.output.get({ id });
    return row === undefined
      ? null
      : { ...row, text: unpackText(row.text, `what ${id} printed`) };
  }

  list(filter: ListFilter): ListPage {
    const rows = this.#store.orm
      .select()
      .from(tasks)
      .where(
        and(
          filter.state && eq(tasks.state, filter.state),
          filter.session && eq(tasks.session, filter.session),
          filter.queue && eq(tasks.queue, filter.queue),
          filter.kind === undefined ? undefined : eq(tasks.kind, filter.kind),
          filter.since && gte(tasks.submittedAt, filter.since),
          filter.before === undefined
            ? undefined
            : lt(tasks.seq, filter.before),
        ),
      )
      .orderBy(desc(tasks.seq))
      .limit(filter.limit + 1)
      .all();
    const page = rows.slice(0, filter.limit);
    return {
      tasks: page.map(toRecord),
      next: rows.length > filter.limit ? (page.at(-1)?.seq ?? null) : null,
    };
  }

  runTimes(kind: string, limit: number): readonly number[] {
    return this.#sql.runTimes
      .all({ kind, limit })
      .flatMap(({ runMs }) => (runMs === null ? [] : [runMs]));
  }
}

/** Built once: what the builder costs a call is more than the statement itself. */
function prepare({ orm }: Store) {
  const p = sql.placeholder;
  return {
    get: orm
      .select()
      .from(tasks)
      .where(eq(tasks.id, p("id")))
      .limit(1)
      .prepare(),
    ended: orm
      .select({ id: tasks.id })
      .from(tasks)
      .where(
        and(
          sql`${tasks.id} IN (SELECT value FROM json_each(${p("ids")}))`,
          inArray(tasks.state, [...TERMINAL_STATES]),
        ),
      )
      .prepare(),
    output: orm
      .select({
        text: taskOutputs.text,
        bytesSeen: taskOutputs.bytesSeen,
        truncated: taskOutputs.truncated,
      })
      .from(taskOutputs)
      .where(eq(taskOutputs.taskId, p("id")))
      .limit(1)
      .prepare(),
    runTimes: orm
      .select({ runMs: outcomes.runMs })
      .from(outcomes)
      .where(
        and(
          eq(outcomes.kind, p("kind")),
          eq(outcomes.state, "completed"),
          sql`run_ms IS NOT NULL`,
        ),
      )
      .orderBy(desc(outcomes.seq))
      .limit(p("limit"))
      .prepare(),
  };
}
