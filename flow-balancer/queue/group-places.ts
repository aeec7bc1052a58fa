/**
 * Limits of groups: of the tasks of one key at most so many are held. One that a claim finds without a
 * place is parked, out of the index of what can be claimed, so that no claim looks at it again; each
 * place that becomes free fetches the most urgent one back. However many wait, a claim costs the same.
 */

import { and, asc, desc, eq, gt, lt, sql } from "drizzle-orm";
import { agedPriority } from "../core/ageing.ts";
import type { Env } from "../core/ports.ts";
import type { Store } from "../store/database.ts";
import { tasks } from "../store/schema.ts";
import { compileStatement, slot } from "./compile-statement.ts";
import { GROUP_HELD, GROUP_WAITING } from "./conditions.ts";

/** Due at the end of all time: parked. */
export const PARKED_BOOT = Number.MAX_SAFE_INTEGER;
/** Above every priority. */
const TOP = 1_000;

export class GroupPlaces {
  readonly #env: Env;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: Store, env: Env) {
    this.#env = env;
    this.#sql = prepare(store);
  }

  hasPlace(key: string, limit: number): boolean {
    return this.#held(key) < limit;
  }

  park(seq: number): void {
    this.#sql.setDue.run({ seq, dueBoot: PARKED_BOOT });
  }

  /** Somebody of this group holds no place any more, or never took the one kept for it. */
  free(key: string): void {
    const held = this.#held(key);
    const now = this.#env.now();
    let best: { readonly seq: number; readonly aged: number } | null = null;
    for (let below = TOP; ;) {
      const next = this.#sql.nextPriority.get({ key, below });
      if (next === null) break;
      below = next.priority;
      const head = this.#sql.head.get({ key, priority: below, held });
      if (head === null) continue;
      const aged = agedPriority(below, now - head.submittedAt);
      if (
        best === null ||
        aged > best.aged ||
        (aged === best.aged && head.seq < best.seq)
      )
        best = { seq: head.seq, aged };
    }
    if (best !== null) this.#sql.setDue.run({ seq: best.seq, dueBoot: null });
  }

  #held(key: string): number {
    return this.#sql.held.get({ key })?.n ?? 0;
  }
}

function prepare({ raw, orm }: Store) {
  const p = sql.placeholder;
  const waiting = and(GROUP_WAITING, eq(tasks.groupKey, p("key")));
  return {
    held: compileStatement<{ n: number }, { key: string }>(
      raw,
      orm
        .select({ n: sql`count(*)`.as("n") })
        .from(tasks)
        .where(and(GROUP_HELD, eq(tasks.groupKey, p("key")))),
    ),
    setDue: compileStatement<never, { seq: number; dueBoot: number | null }>(
      raw,
      orm
        .update(tasks)
        .set({ dueBoot: slot("dueBoot") })
        .where(eq(tasks.seq, p("seq"))),
    ),
    nextPriority: compileStatement<
      { priority: number },
      { key: string; below: number }
    >(
      raw,
      orm
        .select({ priority: tasks.priority })
        .from(tasks)
        .where(and(waiting, lt(tasks.priority, p("below"))))
        .orderBy(desc(tasks.priority))
        .limit(1),
    ),
    head: compileStatement<
      { seq: number; submittedAt: number },
      { key: string; priority: number; held: number }
    >(
      raw,
      orm
        .select({
          seq: tasks.seq,
          submittedAt: sql`${tasks.submittedAt}`.as("submittedAt"),
        })
        .from(tasks)
        .where(
          and(
            waiting,
            eq(tasks.priority, p("priority")),
            eq(tasks.dueBoot, PARKED_BOOT),
            gt(tasks.groupLimit, p("held")),
          ),
        )
        .orderBy(asc(tasks.seq))
        .limit(1),
    ),
  };
}
