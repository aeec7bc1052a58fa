/** The statements of claims.ts. */

import { and, asc, desc, eq, inArray, lt, sql } from "drizzle-orm";
import type { HolderId, TaskId } from "../core/ids.ts";
import type { Lease } from "../core/queue.ts";
import type { QueueName, TaskState } from "../core/task.ts";
import type { Store } from "../store/database.ts";
import { tasks } from "../store/schema.ts";
import { columnsAsKeys, compileStatement, slot } from "./compile-statement.ts";
import { CANCEL_ASKED, HELD, READY } from "./conditions.ts";
import { PARKED_BOOT } from "./group-places.ts";
import type { TaskRow } from "./task-row.ts";

export interface Candidate {
  readonly seq: number;
  readonly kind: string;
  readonly priority: number;
  readonly submittedAt: number;
  readonly groupKey: string | null;
  readonly groupLimit: number | null;
}

interface Heads {
  readonly queue: QueueName;
  readonly priority: number;
  readonly size: number;
}

export const prepareClaims = (store: Store) => ({
  ...prepareSearches(store),
  ...prepareHolds(store),
});

function prepareSearches({ raw, orm }: Store) {
  const p = sql.placeholder;
  const listed = (name: string) =>
    sql`(SELECT value FROM json_each(${p(name)}))`;
  const candidate = {
    seq: tasks.seq,
    kind: tasks.kind,
    priority: tasks.priority,
    submittedAt: sql`${tasks.submittedAt}`.as("submittedAt"),
    groupKey: sql`${tasks.groupKey}`.as("groupKey"),
    groupLimit: sql`${tasks.groupLimit}`.as("groupLimit"),
  };
  const ofQueue = eq(tasks.queue, p("queue"));
  const ready = and(READY, ofQueue, eq(tasks.priority, p("priority")));
  return {
    nextPriority: compileStatement<
      { priority: number },
      { queue: QueueName; below: number }
    >(
      raw,
      orm
        .select({ priority: tasks.priority })
        .from(tasks)
        .where(and(READY, ofQueue, lt(tasks.priority, p("below"))))
        .orderBy(desc(tasks.priority))
        .limit(1),
    ),
    heads: compileStatement<Candidate, Heads>(
      raw,
      orm
        .select(candidate)
        .from(tasks)
        .where(ready)
        .orderBy(asc(tasks.seq))
        .limit(p("size")),
    ),
    /** Looks at those of other kinds too: of one that is rare among many it reads a part of the index. */
    headsOfKinds: compileStatement<Candidate, Heads & { kinds: string }>(
      raw,
      orm
        .select(candidate)
        .from(tasks)
        .where(and(ready, sql`+${tasks.kind} IN ${listed("kinds")}`))
        .orderBy(asc(tasks.seq))
        .limit(p("size")),
    ),
    byId: compileStatement<Candidate, { queue: QueueName; ids: string }>(
      raw,
      orm
        .select(candidate)
        .from(tasks)
        .where(
          and(
            inArray(tasks.id, listed("ids")),
            ofQueue,
            sql`state = 'queued' AND holder IS NULL AND pending = 0`,
            sql`(due_boot IS NULL OR due_boot = ${sql.raw(String(PARKED_BOOT))})`,
          ),
        ),
    ),
  };
}

function prepareHolds({ raw, orm }: Store) {
  const p = sql.placeholder;
  return {
    take: compileStatement<
      TaskRow,
      {
        seq: number;
        holder: HolderId;
        leaseBoot: number | null;
        state: TaskState;
        startedAt: number | null;
      }
    >(
      raw,
      orm
        .update(tasks)
        .set({
          holder: slot("holder"),
          leaseBoot: slot("leaseBoot"),
          state: slot("state"),
          startedAt: slot("startedAt"),
          attempt: sql`${tasks.attempt} + 1`,
          fence: sql`${tasks.fence} + 1`,
          dueBoot: null,
          dueAt: null,
        })
        .where(eq(tasks.seq, p("seq")))
        .returning(columnsAsKeys(tasks)),
    ),
    lease: compileStatement<
      {
        seq: number;
        fence: number;
        holder: HolderId | null;
        leaseBoot: number | null;
        cancelAsked: 0 | 1;
      },
      { id: TaskId }
    >(
      raw,
      orm
        .select({
          seq: tasks.seq,
          fence: tasks.fence,
          holder: tasks.holder,
          leaseBoot: sql`${tasks.leaseBoot}`.as("leaseBoot"),
          cancelAsked: sql`${tasks.cancelAsked}`.as("cancelAsked"),
        })
        .from(tasks)
        .where(eq(tasks.id, p("id"))),
    ),
    extend: compileStatement<never, { seq: number; leaseBoot: number }>(
      raw,
      orm
        .update(tasks)
        .set({ leaseBoot: slot("leaseBoot") })
        .where(eq(tasks.seq, p("seq"))),
    ),
    held: compileStatement<Lease, { holder: HolderId }>(
      raw,
      orm
        .select({ id: tasks.id, attempt: tasks.attempt, fence: tasks.fence })
        .from(tasks)
        .where(and(HELD, eq(tasks.holder, p("holder"))))
        .orderBy(asc(tasks.seq)),
    ),
    cancelAsked: compileStatement<{ id: TaskId }, { holder: HolderId }>(
      raw,
      orm
        .select({ id: tasks.id })
        .from(tasks)
        .where(and(CANCEL_ASKED, eq(tasks.holder, p("holder"))))
        .orderBy(asc(tasks.seq)),
    ),
  };
}
