/** Small facts that the board keeps in the table `meta`. Whatever changes one runs in the caller's transaction. */

import { and, eq, gte, lt, sql } from "drizzle-orm";
import type { Store } from "../store/database.ts";
import { meta } from "../store/schema.ts";

export class MetaValues {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: Store) {
    this.#sql = prepare(store);
  }

  get(key: string): string | null {
    return this.#sql.get.get({ key })?.value ?? null;
  }

  /** Of a whole number; 0 if there is none. */
  number(key: string): number {
    return Number(this.get(key) ?? 0);
  }

  set(key: string, value: string): void {
    this.#sql.set.run({ key, value });
  }

  /** Adds 1 to a number. */
  count(key: string): void {
    this.#sql.count.run({ key });
  }

  /** Those of a prefix that ends with a colon, whose value begins with a number below `number`. */
  forget(prefix: string, number: number): void {
    this.#sql.forget.run({
      from: prefix,
      to: `${prefix.slice(0, -1)};`,
      number,
    });
  }
}

function prepare({ orm }: Store) {
  const p = sql.placeholder;
  const asNumber = sql`CAST(${meta.value} AS INTEGER)`;
  return {
    get: orm
      .select({ value: meta.value })
      .from(meta)
      .where(eq(meta.key, p("key")))
      .limit(1)
      .prepare(),
    set: orm
      .insert(meta)
      .values({ key: p("key"), value: p("value") })
      .onConflictDoUpdate({
        target: meta.key,
        set: { value: sql`excluded.value` },
      })
      .prepare(),
    count: orm
      .insert(meta)
      .values({ key: p("key"), value: "1" })
      .onConflictDoUpdate({
        target: meta.key,
        set: { value: sql`${asNumber} + 1` },
      })
      .prepare(),
    forget: orm
      .delete(meta)
      .where(
        and(
          gte(meta.key, p("from")),
          lt(meta.key, p("to")),
          lt(asNumber, p("number")),
        ),
      )
      .prepare(),
  };
}
