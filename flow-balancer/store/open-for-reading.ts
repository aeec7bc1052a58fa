/**
 * A database that somebody else may be writing, opened to look at it: nothing is made, migrated or
 * changed. A read-only handle would leave the two files of the write-ahead log behind, and could not
 * read one that a killed server left: so it is one that may write, and is told not to.
 */

import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { BalancerError } from "../core/errors.ts";
import { assertNotNewer } from "./migrate.ts";
import { storageFailure } from "./storage-failure.ts";

/** A server that opens or closes the file at this moment holds it for about a millisecond. */
const BUSY_TIMEOUT_MS = 5_000;

/** Null if there is no such file. Throws SCHEMA_TOO_NEW, STORAGE_DAMAGED or STORAGE_FAILED. The caller closes it. */
export function openForReading(path: string): Database | null {
  if (!existsSync(path)) return null;
  let raw: Database | undefined;
  try {
    raw = new Database(path, { readwrite: true, create: false, strict: true });
    raw.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    raw.run("PRAGMA query_only = ON");
    raw.run("PRAGMA trusted_schema = OFF");
    assertNotNewer(raw, path);
    return raw;
  } catch (thrown) {
    raw?.close();
    if (thrown instanceof BalancerError) throw thrown;
    throw storageFailure(path, "read", thrown, "Run 'flow-balancer doctor'.");
  }
}
