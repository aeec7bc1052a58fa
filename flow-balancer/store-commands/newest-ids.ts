/** Ids of tasks for somebody who presses Tab: few, at once, and without a word of what went wrong. */

import { readStoreOrNull, type Where } from "./read-store.ts";

const MOST = 50;

/** A line each, the newest first: ids grow with time. "": there are none, or they cannot be read. */
export function newestIds(prefix: string, where: Where): string {
  try {
    const ids = readStoreOrNull(where, ({ db }) => {
      db.run("PRAGMA busy_timeout = 100");
      return db
        .query<{ id: string }, [string, string]>(
          `SELECT id FROM tasks WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ${MOST}`,
        )
        .all(prefix, `${prefix}\u{10FFFF}`);
    });
    return (ids ?? []).map(({ id }) => `${id}\n`).join("");
  } catch {
    return "";
  }
}
