/**
 * Brings a database to the schema of this version. Looking and changing are one transaction, so
 * that of several servers that open a new home at the same moment one does it and the others wait.
 */

import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { BalancerError } from "../core/errors.ts";

const MIGRATIONS = join(import.meta.dir, "migrations");

/** Throws SCHEMA_TOO_NEW; nothing is written then. */
export function migrate(raw: Database, path: string): void {
  const all = readMigrationFiles({ migrationsFolder: MIGRATIONS });
  const newest = Math.max(...all.map(({ folderMillis }) => folderMillis));
  // As nearly always: no lock is needed to see that nothing is to be done.
  if (newestApplied(raw) === newest) return;
  raw
    .transaction(() => {
      const applied = newestApplied(raw);
      if (applied > newest) throw tooNew(path);
      // The table that drizzle-kit knows.
      raw.run(
        "CREATE TABLE IF NOT EXISTS __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)",
      );
      for (const { sql, hash, folderMillis } of all) {
        if (folderMillis <= applied) continue;
        for (const statement of sql) raw.run(statement);
        raw.run(
          "INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)",
          [hash, folderMillis],
        );
      }
    })
    .immediate();
}

/** For whoever only looks. Throws SCHEMA_TOO_NEW. */
export function assertNotNewer(raw: Database, path: string): void {
  const all = readMigrationFiles({ migrationsFolder: MIGRATIONS });
  const applied = newestApplied(raw);
  if (all.every(({ folderMillis }) => folderMillis < applied))
    throw tooNew(path);
}

const tooNew = (path: string): BalancerError =>
  new BalancerError(
    "SCHEMA_TOO_NEW",
    `${path} was written by a newer version of flow-balancer`,
    {
      hint: "Update flow-balancer, or choose another FLOW_BALANCER_HOME; nothing was written.",
    },
  );

/** 0 for a database in which there is nothing yet. */
function newestApplied(raw: Database): number {
  const table = raw
    .query("SELECT 1 FROM sqlite_schema WHERE name = '__drizzle_migrations'")
    .get();
  if (table === null) return 0;
  const row = raw
    .query<{ newest: number | null }, []>(
      "SELECT max(created_at) AS newest FROM __drizzle_migrations",
    )
    .get();
  return Number(row?.newest ?? 0);
}
