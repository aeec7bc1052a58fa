/** Takes tasks back from holders that are gone: leases that ran out, holders that died; and wakes what is due. Everything but `isNeeded` is to be called inside a write. */

import { and, eq, lte, sql } from "drizzle-orm";
import type { HolderId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { Reclaimed, Swept } from "../core/queue.ts";
import type { Store } from "../store/database.ts";
import { tasks } from "../store/schema.ts";
import { columnsAsKeys, compileStatement } from "./compile-statement.ts";
import { DELAYED, HELD, LEASED } from "./conditions.ts";
import type { TaskEnds } from "./task-ends.ts";
import type { TaskRow } from "./task-row.ts";

/** Rows in memory at a time. */
const BATCH = 500;

export class Recovery {
  readonly #env: Env;
  readonly #ends: TaskEnds;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: Store, env: Env, ends: TaskEnds) {
    this.#env = env;
    this.#ends = ends;
    this.#sql = prepare(store);
  }

  /** Two reads, no lock. */
  get isSweepNeeded(): boolean {
    const boot = this.#env.boot();
    return (
      this.#sql.anyExpired.get({ boot }) !== null ||
      this.#sql.anyDue.get({ boot }) !== null
    );
  }

  sweep(): Swept {
    const boot = this.#env.boot();
    let expired = 0;
    for (;;) {
      const rows = this.#sql.expired.all({ boot });
      for (const row of rows)
        this.#ends.lose(row, "lease_expired", "let its lease run out", false);
      expired += rows.length;
      if (rows.length < BATCH) break;
    }
    return { expired, due: this.#sql.wake.run({ boot }).changes };
  }

  reclaim(holder: HolderId, abandon: boolean): Reclaimed {
    const found = { requeued: 0, unknown: 0, poisoned: 0, abandoned: 0 };
    for (;;) {
      const rows = this.#sql.heldBy.all({ holder });
      for (const row of rows) {
        const fate = this.#ends.lose(row, "holder_died", "died", abandon);
        if (fate === "unknown_outcome") found.unknown += 1;
        else if (fate === "poisoned") found.poisoned += 1;
        else if (fate === "cancelled") found.abandoned += 1;
        else found.requeued += 1;
      }
      if (rows.length < BATCH) return found;
    }
  }
}

function prepare({ raw, orm }: Store) {
  const p = sql.placeholder;
  const row = columnsAsKeys(tasks);
  const isExpired = and(LEASED, lte(tasks.leaseBoot, p("boot")));
  const isDue = and(DELAYED, lte(tasks.dueBoot, p("boot")));
  return {
    anyExpired: compileStatement<{ seq: number }, { boot: number }>(
      raw,
      orm.select({ seq: tasks.seq }).from(tasks).where(isExpired).limit(1),
    ),
    anyDue: compileStatement<{ seq: number }, { boot: number }>(
      raw,
      orm.select({ seq: tasks.seq }).from(tasks).where(isDue).limit(1),
    ),
    expired: compileStatement<TaskRow, { boot: number }>(
      raw,
      orm.select(row).from(tasks).where(isExpired).limit(BATCH),
    ),
    heldBy: compileStatement<TaskRow, { holder: HolderId }>(
      raw,
      orm
        .select(row)
        .from(tasks)
        .where(and(HELD, eq(tasks.holder, p("holder"))))
        .limit(BATCH),
    ),
    wake: compileStatement<never, { boot: number }>(
      raw,
      orm.update(tasks).set({ dueBoot: null, dueAt: null }).where(isDue),
    ),
  };
}
