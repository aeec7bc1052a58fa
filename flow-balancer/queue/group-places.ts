/**
 * Limits of groups: of the tasks of one key at most so many are held. What waits for a place is parked,
 * out of the index of what can be claimed, so that no claim looks at it: however many wait, a claim costs
 * the same. Those of a group that are alike to every claim (queue, kind, limit, priority) are a class, in
 * which the first to come is always the first to go. Of each class as many as there are free places are
 * not parked, if so many wait, or more: it grows by one with each place that becomes free. A claim that
 * finds one too many parks it.
 */

import { and, asc, eq, gt, isNull, sql, type SQL } from "drizzle-orm";
import type { QueueName } from "../core/task.ts";
import type { Store } from "../store/database.ts";
import { tasks } from "../store/schema.ts";
import { compileStatement, slot } from "./compile-statement.ts";
import { GROUP_HELD, GROUP_WAITING } from "./conditions.ts";

/** Due at the end of all time: parked. */
export const PARKED_BOOT = Number.MAX_SAFE_INTEGER;

/** Tasks between which no claim makes a difference but for their age. */
interface Class {
  readonly queue: QueueName;
  readonly kind: string;
  readonly limit: number;
  readonly priority: number;
}
type ClassOf = Class & { readonly key: string };
/** Among the classes of a group. */
type Place = Omit<ClassOf, "queue"> & { readonly queue: string };

/** Before every class. */
const BEFORE_ALL = { queue: "", kind: "", limit: -1, priority: -1_000 };

export class GroupPlaces {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: Store) {
    this.#sql = prepare(store);
  }

  hasPlace(key: string, limit: number): boolean {
    return this.#held(key) < limit;
  }

  /** Whether a new task is to be parked: as many of its class as there are places wait before it. */
  isCrowded(of: ClassOf): boolean {
    const free = of.limit - this.#held(of.key);
    if (free <= 0) return true;
    return this.#sql.readyAfter.get({ ...of, skip: free - 1 }) !== null;
  }

  park(seq: number): void {
    this.#sql.setDue.run({ seq, dueBoot: PARKED_BOOT });
  }

  /** Somebody of this group holds a place no more, or never took the one kept for it. */
  free(key: string): void {
    const held = this.#held(key);
    let next = this.#after({ key, ...BEFORE_ALL });
    while (next !== null) {
      const head =
        next.limit > held ? this.#sql.head.get({ key, ...next }) : null;
      if (head !== null) this.#sql.setDue.run({ seq: head.seq, dueBoot: null });
      next = this.#after({ key, ...next });
    }
  }

  /** The next class of the group of which some wait: one seek for each part of its name, from the last on. */
  #after(of: Place): Class | null {
    for (const step of this.#sql.nextClass) {
      const next = step.get(of);
      if (next !== null) return next;
    }
    return null;
  }

  #held(key: string): number {
    return this.#sql.held.get({ key })?.n ?? 0;
  }
}

function prepare({ raw, orm }: Store) {
  const p = sql.placeholder;
  const ofGroup = eq(tasks.groupKey, p("key"));
  const number = sql<number>`count(*)`.as("n");
  return {
    ...prepareClasses({ raw, orm }, and(GROUP_WAITING, ofGroup)),
    held: compileStatement<{ n: number }, { key: string }>(
      raw,
      orm.select({ n: number }).from(tasks).where(and(GROUP_HELD, ofGroup)),
    ),
    setDue: compileStatement<never, { seq: number; dueBoot: number | null }>(
      raw,
      orm
        .update(tasks)
        .set({ dueBoot: slot("dueBoot") })
        .where(eq(tasks.seq, p("seq"))),
    ),
  };
}

function prepareClasses(
  { raw, orm }: Pick<Store, "raw" | "orm">,
  waiting: SQL | undefined,
) {
  const p = sql.placeholder;
  const ofClass = and(
    waiting,
    eq(tasks.queue, p("queue")),
    eq(tasks.kind, p("kind")),
    eq(tasks.groupLimit, p("limit")),
    eq(tasks.priority, p("priority")),
  );
  return {
    nextClass: CLASS.map((_, at) =>
      prepareNext({ raw, orm }, waiting, at),
    ).reverse(),
    head: compileStatement<{ seq: number }, ClassOf>(
      raw,
      orm
        .select({ seq: tasks.seq })
        .from(tasks)
        .where(and(ofClass, eq(tasks.dueBoot, PARKED_BOOT)))
        .orderBy(asc(tasks.seq))
        .limit(1),
    ),
    readyAfter: compileStatement<{ seq: number }, ClassOf & { skip: number }>(
      raw,
      orm
        .select({ seq: tasks.seq })
        .from(tasks)
        .where(and(ofClass, isNull(tasks.dueBoot)))
        .limit(1)
        .offset(p("skip")),
    ),
  };
}

const CLASS = [
  [tasks.queue, "queue"],
  [tasks.kind, "kind"],
  [tasks.groupLimit, "limit"],
  [tasks.priority, "priority"],
] as const;

/** The first class beyond one that is alike in the first `at` parts. As a comparison of rows, SQLite would look at each task of the class it starts from. */
function prepareNext(
  { raw, orm }: Pick<Store, "raw" | "orm">,
  waiting: SQL | undefined,
  at: number,
) {
  const beyond = CLASS.slice(0, at + 1).map(([column, name], n) =>
    n === at
      ? gt(column, sql.placeholder(name))
      : eq(column, sql.placeholder(name)),
  );
  return compileStatement<Class, Place>(
    raw,
    orm
      .select({
        queue: tasks.queue,
        kind: tasks.kind,
        limit: sql`${tasks.groupLimit}`.as("limit"),
        priority: tasks.priority,
      })
      .from(tasks)
      .where(and(waiting, ...beyond))
      .orderBy(...CLASS.slice(at).map(([column]) => asc(column)))
      .limit(1),
  );
}
