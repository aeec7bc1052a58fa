/** Reads a store from end to end, to see whether it is one, and whole. For `doctor`. */

import type { Database } from "bun:sqlite";
import { lstatSync } from "node:fs";
import type { StoreProbe } from "../commands/doctor/store.ts";
import { BalancerError } from "../core/errors.ts";
import { openForReading } from "../store/open-for-reading.ts";
import { storageFailure, storeDamaged } from "../store/storage-failure.ts";

const UNREADABLE =
  "See that the file can be read and written, and its disk works.";

/** Never throws for what the file is. It reads the whole file. */
export function probeStore(path: string): StoreProbe {
  let db: Database | null = null;
  try {
    db = openForReading(path);
    if (db === null) {
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined)
        return { type: "absent" };
      throw storeDamaged(path, "is a link that leads nowhere");
    }
    assertWhole(db, path);
    return { type: "sound" };
  } catch (thrown) {
    const { code, message, hint } =
      thrown instanceof BalancerError
        ? thrown
        : storageFailure(path, "read", thrown, UNREADABLE);
    const fix = code === "STORAGE_FAILED" ? UNREADABLE : hint;
    return { type: "wrong", reason: message, fix: fix ?? UNREADABLE };
  } finally {
    db?.close();
  }
}

/** https://sqlite.org/pragma.html#pragma_quick_check: one row that says ok, or what is wrong. */
function assertWhole(db: Database, path: string): void {
  const found = db
    .query<{ quick_check: string }, []>("PRAGMA quick_check(1)")
    .get()?.quick_check;
  if (found !== "ok") throw storeDamaged(path, `is damaged: ${found}`);
}
