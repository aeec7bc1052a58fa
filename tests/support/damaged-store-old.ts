/**
 * Stores of older versions, with tasks in every state and servers that went without a word; and a handle
 * that stops in the middle of bringing one up to date.
 */

import { Database } from "bun:sqlite";
import { join } from "node:path";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { TASK_STATES } from "../../flow-balancer/core/task.ts";

const MIGRATIONS = readMigrationFiles({
  migrationsFolder: join(
    import.meta.dir,
    "../../flow-balancer/store/migrations",
  ),
});

/** What `migrate` runs for a store of that version: a statement is what it can be killed at. */
export const statementsFrom = (version: number): number =>
  // One for the table of migrations, one to note each of them.
  1 +
  MIGRATIONS.slice(version).reduce((sum, { sql }) => sum + sql.length + 1, 0);

/** Writes a store as its first `version` migrations made it; 0 is a database with nothing in it. */
export function writeOldStore(path: string, version: number): void {
  const raw = new Database(path, { create: true, strict: true });
  raw.run("PRAGMA auto_vacuum = INCREMENTAL");
  raw.run("PRAGMA journal_mode = WAL");
  if (version > 0) raw.transaction(() => fill(raw, version)).immediate();
  raw.close();
}

function fill(raw: Database, version: number): void {
  raw.run(
    "CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)",
  );
  for (const { sql, hash, folderMillis } of MIGRATIONS.slice(0, version)) {
    for (const statement of sql) raw.run(statement);
    raw.run(
      "INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)",
      [hash, folderMillis],
    );
  }
  for (let n = 0; n < 40; n++) insertTask(raw, version, n);
  raw.run(
    "INSERT INTO sessions (id, name, opened_at, closed_at) VALUES ('open', 'o', 5, NULL), ('closed', NULL, 5, 9)",
  );
  raw.run("INSERT INTO task_outputs VALUES ('task_2', 'printed', 7, 0)");
}

function insertTask(raw: Database, version: number, n: number): void {
  const state = TASK_STATES[n % TASK_STATES.length]!;
  const hasStarted = state !== "queued" && state !== "cancelled";
  const hasEnded = state !== "queued" && state !== "running";
  const columns: Record<string, string | number | null> = {
    id: `task_${n}`,
    kind: n % 3 === 0 ? "shell" : "bun",
    input: JSON.stringify("i".repeat(n * 30)),
    priority: n % 4,
    idempotency_key: n % 5 === 0 ? `key ${n}` : null,
    state,
    attempt: hasStarted ? 1 : 0,
    fence: 1,
    submitted_at: 1_000 + n,
    started_at: hasStarted ? 2_000 + n : null,
    settled_at: hasEnded ? 3_000 + ((n * 7) % 40) : null,
    run_ms: state === "completed" ? n : null,
    value: state === "completed" ? String(n) : null,
    error:
      hasEnded && state !== "completed"
        ? '{"code":"TASK_THREW","message":"m","retryable":false}'
        : null,
    // It waits for one that runs: neither has ended.
    ...(version > 1 && state === "queued"
      ? { after: `["task_${n + 1}"]` }
      : {}),
  };
  const names = Object.keys(columns);
  raw.run(
    `INSERT INTO tasks (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
    Object.values(columns),
  );
}

/** Before it runs statement `n` (from 0), or, with as many as there are, when all are run, `die` is called. */
export class MortalDatabase extends Database {
  readonly #die: (n: number) => void;
  readonly #total: number;
  #at = 0;

  constructor(path: string, total: number, die: (n: number) => void) {
    super(path, { strict: true });
    // So little of it is kept in memory that what is not committed yet gets into the log.
    super.run("PRAGMA cache_size = 2");
    this.#die = die;
    this.#total = total;
  }

  override run: Database["run"] = (sql, ...bindings) => {
    this.#die(this.#at++);
    const changes = super.run(sql, ...bindings);
    if (this.#at === this.#total) this.#die(this.#at);
    return changes;
  };
}

/** All that is in a database: its schema, and each row of each table. */
export function contentOf(raw: Database): unknown {
  const schema = raw
    .prepare<{ type: string; name: string; sql: string | null }, []>(
      "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name",
    )
    .all();
  const tables = schema.filter(({ type }) => type === "table");
  return {
    schema,
    rows: tables.map(({ name }) => [
      name,
      raw.prepare(`SELECT * FROM "${name}"`).values(),
    ]),
  };
}
