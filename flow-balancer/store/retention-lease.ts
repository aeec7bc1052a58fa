/**
 * Who prunes the database at the moment: one process of all that share it. The lease also names the
 * archive file that its holder writes to. Whoever takes over from one that did not let go gets a
 * new number, so that a file never has two writers: what one that wakes late still writes, goes to a
 * file of its own.
 */

import { eq, sql } from "drizzle-orm";
import type { Env } from "../core/ports.ts";
import { parseOrNull } from "../core/json.ts";
import type { Store } from "./database.ts";
import { meta } from "./schema.ts";

const KEY = "retention";
/** Far above what one step takes. */
const LEASE_MS = 60_000;

interface LeaseRow {
  /** Null: nobody, and the file may be continued. */
  readonly holder: string | null;
  readonly bootId: string;
  readonly untilBoot: number;
  readonly file: number;
}

export class RetentionLease {
  readonly #store: Store;
  readonly #env: Env;
  readonly #me: string;

  constructor(store: Store, env: Env) {
    this.#store = store;
    this.#env = env;
    this.#me = env.unique();
  }

  /** Takes or renews it; the number of the archive file to write to, or null while it is another's. `roll` asks for a new file. */
  take(roll: boolean): Promise<number | null> {
    return this.#store.commit.write(() => {
      const row = this.#read();
      const isMine = row.holder === this.#me;
      const isHeld =
        row.holder !== null &&
        row.bootId === this.#env.bootId &&
        row.untilBoot > this.#env.boot();
      if (isHeld && !isMine) return null;
      const continues = (isMine || row.holder === null) && !roll;
      const file = continues ? row.file : row.file + 1;
      this.#write({ ...this.#held(), file });
      return file;
    });
  }

  /** For another process to go on at once, in the same file unless `roll`. */
  release(roll: boolean): Promise<void> {
    return this.#store.commit.write(() => {
      const row = this.#read();
      if (row.holder !== this.#me) return;
      this.#write({ ...row, holder: null, file: row.file + (roll ? 1 : 0) });
    });
  }

  #held(): Omit<LeaseRow, "file"> {
    return {
      holder: this.#me,
      bootId: this.#env.bootId,
      untilBoot: this.#env.boot() + LEASE_MS,
    };
  }

  #read(): LeaseRow {
    const row = this.#store.orm
      .select({ value: meta.value })
      .from(meta)
      .where(eq(meta.key, KEY))
      .limit(1)
      .get();
    const none = { holder: null, bootId: "", untilBoot: 0, file: 1 };
    return { ...none, ...(parseOrNull(row?.value ?? null) as LeaseRow | null) };
  }

  #write(row: LeaseRow): void {
    this.#store.orm
      .insert(meta)
      .values({ key: KEY, value: JSON.stringify(row) })
      .onConflictDoUpdate({
        target: meta.key,
        set: { value: sql`excluded.value` },
      })
      .run();
  }
}
