/** The database file: opened with the settings the promises rest on, migrated, closed cleanly. */

import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { drizzle, type BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { migrate } from "drizzle-orm/bun-sqlite/migrator";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { BalancerError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";
import { GroupCommit } from "./group-commit.ts";

/** `normal` survives the death of any process; `full` also survives power loss. */
export type Durability = "normal" | "full";

export interface Store {
  readonly raw: Database;
  readonly orm: BunSQLiteDatabase;
  /** The only way to write. */
  readonly commit: GroupCommit;
}

const MIGRATIONS = join(import.meta.dir, "migrations");

/** While it is opened and migrated, another server may be doing the same: worth waiting for, once. */
const OPEN_TIMEOUT_MS = 5_000;
/** From then on a lock is waited for without holding the event loop (see group-commit.ts); this is for reads during a recovery. */
const BUSY_TIMEOUT_MS = 5;

/** Throws SCHEMA_TOO_NEW (nothing written) or STORAGE_FAILED. The directory is made if it is not there. */
export function openStore(
  path: string,
  durability: Durability,
  env: Env,
): Store {
  let raw: Database | undefined;
  try {
    if (path !== ":memory:")
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    raw = new Database(path, { create: true, strict: true });
    configure(raw, durability);
    refuseNewer(raw, path);
    const orm = drizzle(raw);
    migrate(orm, { migrationsFolder: MIGRATIONS });
    raw.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return { raw, orm, commit: new GroupCommit(raw, env) };
  } catch (thrown) {
    raw?.close();
    if (thrown instanceof BalancerError) throw thrown;
    throw new BalancerError(
      "STORAGE_FAILED",
      `${path} could not be opened: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      {
        hint: "Check that the directory is on a local disk, writable and not full; the file is left as it is.",
        cause: thrown,
      },
    );
  }
}

function configure(raw: Database, durability: Durability): void {
  raw.run(`PRAGMA busy_timeout = ${OPEN_TIMEOUT_MS}`);
  raw.run("PRAGMA journal_mode = WAL");
  raw.run(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
  // 16 MiB; the default of 2 MiB is left behind by a few thousand tasks.
  raw.run("PRAGMA cache_size = -16384");
  // 16 MiB; at the default of 4 MiB every hundredth task waits for a copy of mostly the same pages.
  raw.run("PRAGMA wal_autocheckpoint = 4000");
  raw.run("PRAGMA trusted_schema = OFF");
}

function refuseNewer(raw: Database, path: string): void {
  const known = raw
    .query<{ n: number }, []>(
      "SELECT count(*) AS n FROM sqlite_schema WHERE name = '__drizzle_migrations'",
    )
    .get();
  if (known?.n !== 1) return;
  const applied = raw
    .query<{ newest: number | null }, []>(
      "SELECT max(created_at) AS newest FROM __drizzle_migrations",
    )
    .get();
  const newestHere = Math.max(
    ...readMigrationFiles({ migrationsFolder: MIGRATIONS }).map(
      (migration) => migration.folderMillis,
    ),
  );
  if ((applied?.newest ?? 0) > newestHere)
    throw new BalancerError(
      "SCHEMA_TOO_NEW",
      `${path} was written by a newer version of flow-balancer`,
      {
        hint: "Update flow-balancer, or choose another FLOW_BALANCER_HOME; nothing was written.",
      },
    );
}

/** Resolves once everything written before is on disk and the file is closed. */
export async function closeStore(store: Store): Promise<void> {
  await store.commit.drained();
  store.raw.close();
}
