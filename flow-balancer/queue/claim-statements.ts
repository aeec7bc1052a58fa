/** The statements of claims.ts. */

import {
  and,
  asc,
  desc,
  eq,
  inArray,
  isNotNull,
  isNull,
  lt,
  sql,
  type SQL,
} from "drizzle-orm";
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

export type Search<Where> = ReturnType<typeof prepareSearch<Where>>;

export const prepareClaims = (store: Store) => ({
  ...prepareSearches(store),
  ...prepareByName(store),
  ...prepareHolds(store),
  ...prepareLooks(store),
});

/** A list in JSON. */
const listed = (name: string): SQL =>
  sql`(SELECT value FROM json_each(${sql.placeholder(name)}))`;

const CANDIDATE = {
  seq: tasks.seq,
  kind: tasks.kind,
  priority: tasks.priority,
  submittedAt: sql`${tasks.submittedAt}`.as("submittedAt"),
  groupKey: sql`${tasks.groupKey}`.as("groupKey"),
  groupLimit: sql`${tasks.groupLimit}`.as("groupLimit"),
};

interface OfKind {
  readonly queue: QueueName;
  readonly kind: string;
}

/** Where to look: in all of a queue, or among one kind of it; each has an index. Of one kind, also among those of sessions or of none. */
function prepareSearches(store: Store) {
  const ofQueue = and(READY, eq(tasks.queue, sql.placeholder("queue")));
  const ofKind = and(ofQueue, eq(tasks.kind, sql.placeholder("kind")));
  return {
    any: prepareSearch<{ queue: QueueName }>(store, ofQueue),
    kind: prepareSearch<OfKind>(store, ofKind),
    kindInSession: prepareSearch<OfKind>(
      store,
      and(ofKind, isNotNull(tasks.session)),
    ),
    kindInNone: prepareSearch<OfKind>(
      store,
      and(ofKind, isNull(tasks.session)),
    ),
  };
}

function prepareSearch<Where>({ raw, orm }: Store, where: SQL | undefined) {
  const p = sql.placeholder;
  return {
    nextPriority: compileStatement<
      { priority: number },
      Where & { below: number }
    >(
      raw,
      orm
        .select({ priority: tasks.priority })
        .from(tasks)
        .where(and(where, lt(tasks.priority, p("below"))))
        .orderBy(desc(tasks.priority))
        .limit(1),
    ),
    heads: compileStatement<
      Candidate,
      Where & { priority: number; size: number }
    >(
      raw,
      orm
        .select(CANDIDATE)
        .from(tasks)
        .where(and(where, eq(tasks.priority, p("priority"))))
        .orderBy(asc(tasks.seq))
        .limit(p("size")),
    ),
  };
}

function prepareByName({ raw, orm }: Store) {
  const p = sql.placeholder;
  return {
    byId: compileStatement<Candidate, { queue: QueueName; ids: string }>(
      raw,
      orm
        .select(CANDIDATE)
        .from(tasks)
        .where(
          and(
            inArray(tasks.id, listed("ids")),
            eq(tasks.queue, p("queue")),
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
    extend: compileStatement<never, { seq: number; leaseBoot: number }>(
      raw,
      orm
        .update(tasks)
        .set({ leaseBoot: slot("leaseBoot") })
        .where(eq(tasks.seq, p("seq"))),
    ),
  };
}

function prepareLooks({ raw, orm }: Store) {
  const p = sql.placeholder;
  return {
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
