/** What a store that cannot be opened or read is refused with: damage is told apart from what may pass. */

import { lstatSync } from "node:fs";
import { BalancerError } from "../core/errors.ts";

/** SQLite's own words for a file that it cannot have written like that (https://sqlite.org/rescode.html). */
const DAMAGED = /^SQLITE_(?:NOTADB|CORRUPT)/;

const MEND =
  "Nothing was written. Restore it, or move it away with its -wal and -shm files: a new one is made, without the tasks of this one.";

/** STORAGE_DAMAGED, or else STORAGE_FAILED with `hint`. `thrown` is SQLite's. */
export function storageFailure(
  path: string,
  did: "opened" | "read",
  thrown: unknown,
  hint: string,
): BalancerError {
  if (isNoFile(path)) return storeDamaged(path, "is not a file", thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const { code } = (thrown ?? {}) as { readonly code?: unknown };
  if (DAMAGED.test(String(code)))
    return storeDamaged(path, `is damaged: ${message}`, thrown);
  return new BalancerError(
    "STORAGE_FAILED",
    `${path} could not be ${did}: ${message}`,
    { hint, cause: thrown },
  );
}

/** `what` ends the sentence that begins with the path. */
export const storeDamaged = (
  path: string,
  what: string,
  cause?: unknown,
): BalancerError =>
  new BalancerError("STORAGE_DAMAGED", `${path} ${what}`, {
    hint: MEND,
    cause,
  });

function isNoFile(path: string): boolean {
  try {
    const stats = lstatSync(path);
    return !stats.isFile() && !stats.isSymbolicLink();
  } catch {
    return false;
  }
}
