/** Reading a home's store from a command: whether a server runs or not, and without changing anything. */

import { type Database, SQLiteError } from "bun:sqlite";
import { join } from "node:path";
import { loadConfig, type Config, type ConfigSources } from "../config.ts";
import { refuseUnsafeHome } from "../config/prepare-home.ts";
import { BalancerError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";
import { openForReading } from "../store/open-for-reading.ts";
import { storageFailure } from "../store/storage-failure.ts";

/** Where a command runs. */
export interface Where {
  readonly around: Omit<ConfigSources, "flags">;
  readonly env: Env;
}

export interface Stored {
  readonly db: Database;
  readonly path: string;
  readonly config: Config;
}

export const configOf = ({ around }: Where): Config =>
  loadConfig({ ...around, flags: {} });

export const storePath = ({ home }: Config): string => join(home, "flow.db");

/**
 * Null where nothing was stored yet. Throws INVALID_CONFIG, SCHEMA_TOO_NEW, STORAGE_DAMAGED or STORAGE_FAILED;
 * and of a home that a server would refuse, what it would be refused with.
 */
export function readStoreOrNull<T>(
  where: Where,
  read: (stored: Stored) => T,
): T | null {
  refuseUnsafeHome(configOf(where).home);
  return readAnyHome(where, read);
}

/** As `readStoreOrNull`, whatever home it is. */
export function readAnyHome<T>(
  where: Where,
  read: (stored: Stored) => T,
): T | null {
  const config = configOf(where);
  const path = storePath(config);
  const db = openForReading(path);
  if (db === null) return null;
  try {
    // One moment for all that is read.
    return db.transaction(() => read({ db, path, config }))();
  } catch (thrown) {
    throw readingFailed(path, thrown);
  } finally {
    db.close();
  }
}

/** As `readStoreOrNull`; throws NOT_FOUND where nothing was stored yet. */
export function readStore<T>(where: Where, read: (stored: Stored) => T): T {
  const found = readStoreOrNull(where, (stored) => ({ value: read(stored) }));
  if (found === null) throw nothingStored(storePath(configOf(where)));
  return found.value;
}

export const nothingStored = (path: string): BalancerError =>
  new BalancerError(
    "NOT_FOUND",
    `there is no store at ${path}: nothing was run in this project yet`,
    { hint: "Run it in the folder of the project, or set FLOW_BALANCER_HOME." },
  );

const readingFailed = (path: string, thrown: unknown): unknown =>
  thrown instanceof SQLiteError
    ? storageFailure(path, "read", thrown, "Run 'flow-balancer doctor'.")
    : thrown;
