/**
 * Limits of groups: of the tasks of one key at most so many are held. What waits for a place is parked,
 * out of the index of what can be claimed, so that no claim looks at it: however many wait, a claim costs
 * the same. Those of a group that are alike to every claim (queue, kind, limit, priority) are a class, in
 * which the first to come is always the first to go. Of each class as many as there are free places are
 * not parked, if so many wait, or more: it grows by one with each place that becomes free. A claim that
 * finds one too many parks it.
 */

import { and, asc, eq, isNull, sql, type SQL } from "drizzle-orm";
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
    let next = this.#sql.nextClass.get({ key, ...BEFORE_ALL });
    while (next !== null) {
      const head =
        next.limit > held ? this.#sql.head.get({ key, ...next }) : null;
      if (head !== null) this.#sql.setDue.run({ seq: head.seq, dueBoot: null });
      next = this.#sql.nextClass.get({ key, ...next });
    }
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
    nextClass: compileStatement<
      Class,
      { key: string } & Omit<Class, "queue"> & { queue: string }
    >(
      raw,
      orm
        .select({
          queue: tasks.queue,
          kind: tasks.kind,
          limit: sql`${tasks.groupLimit}`.as("limit"),
          priority: tasks.priority,
        })
        .from(tasks)
        .where(
          and(
            waiting,
            sql`(queue, kind, group_limit, priority) > (${p("queue")}, ${p("kind")}, ${p("limit")}, ${p("priority")})`,
          ),
        )
        .orderBy(
          asc(tasks.queue),
          asc(tasks.kind),
          asc(tasks.groupLimit),
          asc(tasks.priority),
        )
        .limit(1),
    ),
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
