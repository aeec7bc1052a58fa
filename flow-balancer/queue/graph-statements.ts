/** The statements of task-graph.ts. */

import { and, asc, eq, ne, sql } from "drizzle-orm";
import type { TaskId } from "../core/ids.ts";
import type { DependencyOn, TaskState } from "../core/task.ts";
import type { Store } from "../store/database.ts";
import { dependencies, tasks } from "../store/schema.ts";
import { compileStatement, slot } from "./compile-statement.ts";

export interface Parent {
  readonly seq: number;
  readonly id: TaskId;
  readonly state: TaskState;
  readonly hasDependants: 0 | 1;
}

interface Edge {
  readonly task: number;
  readonly parent: number;
}

export const prepareGraph = (store: Store) => ({
  ...prepareEdges(store),
  ...prepareTasks(store),
});

function prepareEdges({ raw, orm }: Store) {
  const p = sql.placeholder;
  const ofTask = eq(dependencies.taskSeq, p("task"));
  return {
    tie: compileStatement<never, Edge & { on: DependencyOn }>(
      raw,
      orm
        .insert(dependencies)
        .values({ taskSeq: p("task"), parentSeq: p("parent"), on: p("on") })
        .onConflictDoNothing(),
    ),
    untie: compileStatement<never, Edge>(
      raw,
      orm
        .delete(dependencies)
        .where(and(ofTask, eq(dependencies.parentSeq, p("parent")))),
    ),
    untieOthers: compileStatement<never, Edge>(
      raw,
      orm
        .delete(dependencies)
        .where(and(ofTask, ne(dependencies.parentSeq, p("parent")))),
    ),
    untieAll: compileStatement<never, { task: number }>(
      raw,
      orm.delete(dependencies).where(ofTask),
    ),
    children: compileStatement<
      Parent & { readonly on: DependencyOn },
      { parent: number }
    >(
      raw,
      orm
        .select({
          seq: tasks.seq,
          id: tasks.id,
          state: tasks.state,
          hasDependants: sql`${tasks.hasDependants}`.as("hasDependants"),
          on: dependencies.on,
        })
        .from(dependencies)
        .innerJoin(tasks, eq(tasks.seq, dependencies.taskSeq))
        .where(eq(dependencies.parentSeq, p("parent")))
        .orderBy(asc(dependencies.taskSeq)),
    ),
  };
}

function prepareTasks({ raw, orm }: Store) {
  const p = sql.placeholder;
  const bySeq = eq(tasks.seq, p("seq"));
  return {
    parent: compileStatement<Parent, { id: TaskId }>(
      raw,
      orm
        .select({
          seq: tasks.seq,
          id: tasks.id,
          state: tasks.state,
          hasDependants: sql`${tasks.hasDependants}`.as("hasDependants"),
        })
        .from(tasks)
        .where(eq(tasks.id, p("id"))),
    ),
    tell: compileStatement<never, { seq: number }>(
      raw,
      orm.update(tasks).set({ hasDependants: 1 }).where(bySeq),
    ),
    setPending: compileStatement<never, { seq: number; pending: number }>(
      raw,
      orm
        .update(tasks)
        .set({ pending: slot("pending") })
        .where(bySeq),
    ),
    countDown: compileStatement<
      { pending: number; dueBoot: number | null },
      { seq: number }
    >(
      raw,
      orm
        .update(tasks)
        .set({ pending: sql`${tasks.pending} - 1` })
        .where(bySeq)
        .returning({
          pending: sql<number>`pending`.as("pending"),
          dueBoot: sql<number | null>`due_boot`.as("dueBoot"),
        }),
    ),
    endUnrun: compileStatement<
      never,
      { seq: number; state: TaskState; settledAt: number; errorJson: string }
    >(
      raw,
      orm
        .update(tasks)
        .set({
          state: slot("state"),
          settledAt: slot("settledAt"),
          errorJson: slot("errorJson"),
          pending: 0,
          dueBoot: null,
          dueAt: null,
        })
        .where(bySeq),
    ),
  };
}
