/** The database file: opened with the settings the promises rest on, migrated, closed cleanly. */

import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { drizzle, type BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { BalancerError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";
import { GroupCommit } from "./group-commit.ts";
import { assertNotNewer, migrate } from "./migrate.ts";
import { rebaseBootClock } from "./rebase-boot-clock.ts";
import { storageFailure } from "./storage-failure.ts";
import { refuseUnsafeSqlite } from "./safe-sqlite.ts";

/** `normal` survives the death of any process; `full` also survives power loss. */
export type Durability = "normal" | "full";

export interface Store {
  readonly raw: Database;
  readonly orm: BunSQLiteDatabase;
  /** The only way to write. */
  readonly commit: GroupCommit;
}

/** While it is opened and migrated, another server may be doing the same: worth waiting for, once. */
const OPEN_TIMEOUT_MS = 5_000;
/** The other one needs about a millisecond. */
const WAL_RETRY_MS = 5;
/** From then on a lock is waited for without holding the event loop (see group-commit.ts); this is for reads during a recovery. */
const BUSY_TIMEOUT_MS = 5;

/** Throws SCHEMA_TOO_NEW (nothing written) STORAGE_DAMAGED or STORAGE_FAILED. The directory is made if it is not there. */
export function openStore(
  path: string,
  durability: Durability,
  env: Env,
): Store {
  let raw: Database | undefined;
  // SQLite gives the files beside it the mode of the first.
  const mask = process.umask(0o077);
  try {
    if (path !== ":memory:")
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    raw = new Database(path, { create: true, strict: true });
    raw.run(`PRAGMA busy_timeout = ${OPEN_TIMEOUT_MS}`);
    assertNotNewer(raw, path);
    configure(raw, durability);
    migrate(raw, path);
    rebaseBootClock(raw, env);
    const orm = drizzle(raw);
    raw.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return { raw, orm, commit: new GroupCommit(raw, env) };
  } catch (thrown) {
    raw?.close();
    if (thrown instanceof BalancerError) throw thrown;
    throw storageFailure(
      path,
      "opened",
      thrown,
      "Check that the directory is on a local disk, writable and not full; the file is left as it is.",
    );
  } finally {
    process.umask(mask);
  }
}

function configure(raw: Database, durability: Durability): void {
  refuseUnsafeSqlite(sqliteVersion(raw));
  // What retention frees goes back to the disk a little at a time. Said of a file that is there, it is written to it, every time.
  if (isNew(raw)) raw.run("PRAGMA auto_vacuum = INCREMENTAL");
  useWal(raw);
  raw.run(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
  // 16 MiB; the default of 2 MiB is left behind by a few thousand tasks.
  raw.run("PRAGMA cache_size = -16384");
  // 16 MiB; at the default of 4 MiB every hundredth task waits for a copy of mostly the same pages.
  raw.run("PRAGMA wal_autocheckpoint = 4000");
  // 32 MiB; grown because somebody read for long, it is cut back once it begins anew. Otherwise it would stay as long as it ever was.
  raw.run("PRAGMA journal_size_limit = 33554432");
  raw.run("PRAGMA trusted_schema = OFF");
}

const isNew = (raw: Database): boolean =>
  raw.query<{ page_count: number }, []>("PRAGMA page_count").get()
    ?.page_count === 0;

const sqliteVersion = (raw: Database): string =>
  raw.query<{ version: string }, []>("SELECT sqlite_version() AS version").get()
    ?.version ?? "0.0.0";

/** Of a new file. That switch alone fails at once when another server is making it, whatever the timeout. */
function useWal(raw: Database): void {
  for (let waitedMs = 0; ; waitedMs += WAL_RETRY_MS)
    try {
      raw.run("PRAGMA journal_mode = WAL");
      return;
    } catch (thrown) {
      const isBusy = (thrown as { code?: unknown }).code === "SQLITE_BUSY";
      if (!isBusy || waitedMs >= OPEN_TIMEOUT_MS) throw thrown;
      Bun.sleepSync(WAL_RETRY_MS);
    }
}

/** Resolves once everything written before is on disk and the file is closed. */
export async function closeStore(store: Store): Promise<void> {
  await store.commit.drained();
  store.raw.close();
}
