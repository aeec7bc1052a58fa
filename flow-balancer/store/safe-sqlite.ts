/**
 * Refuses a SQLite in which connections of several processes that write and checkpoint at the same moment
 * may damage a file in WAL mode: 3.7.0 to 3.51.2, the "WAL-reset bug" of https://sqlite.org/wal.html. Bun
 * brings a newer one; a runtime can be told to load another.
 */

import { BalancerError } from "../core/errors.ts";

const SAFE = "3.51.3";

/** Throws STORAGE_FAILED. */
export function refuseUnsafeSqlite(version: string): void {
  if (Bun.semver.order(version, SAFE) >= 0) return;
  throw new BalancerError(
    "STORAGE_FAILED",
    `SQLite ${version} may damage a database that several processes write; ${SAFE} or newer is needed`,
    {
      hint: "Run it with the Bun version that package.json names, and no SQLite of its own; nothing was written.",
    },
  );
}
