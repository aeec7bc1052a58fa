import { expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { taskId } from "../../flow-balancer/core/ids.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { writeOldStore } from "../support/damaged-store-old.ts";
import { FakeEnv } from "../support/fake-env.ts";

/** A file as version two left it: one task in each of four states. */
function writeOldFile(path: string): void {
  const raw = new Database(path, { create: true, strict: true });
  raw.run("PRAGMA journal_mode = WAL");
  raw.run(
    "CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)",
  );
  const migrationsFolder = join(
    import.meta.dir,
    "../../flow-balancer/store/migrations",
  );
  for (const { sql, hash, folderMillis } of readMigrationFiles({
    migrationsFolder,
  }).slice(0, 2)) {
    for (const statement of sql) raw.run(statement);
    raw.run(
      "INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)",
      [hash, folderMillis],
    );
  }
  const insert = (id: string, more: Record<string, string | number>): void => {
    const columns = { id, kind: "shell", input: "{}", priority: 0, ...more };
    const names = Object.keys(columns);
    raw.run(
      `INSERT INTO tasks (attempt, fence, ${names.join(", ")}) VALUES (1, 1, ${names.map(() => "?").join(", ")})`,
      Object.values(columns),
    );
  };
  insert("task_waits", { state: "queued", submitted_at: 5 });
  insert("task_runs", { state: "running", submitted_at: 6, started_at: 7 });
  for (const [n, id] of ["task_second", "task_first"].entries())
    insert(id, {
      state: "completed",
      submitted_at: 1,
      settled_at: 20 - n,
      tier: "hot",
      run_ms: 30 + n,
      value: "1",
    });
  insert("task_failed", {
    state: "failed",
    submitted_at: 1,
    settled_at: 2,
    error: '{"code":"TASK_THREW","message":"m","retryable":false}',
  });
  raw.close();
}

test("a file of an older version: what its servers left open has ended and says why, and what they learned is kept", async () => {
  const folder = mkdtempSync(join(tmpdir(), "older-"));
  try {
    const path = join(folder, "flow.db");
    writeOldFile(path);
    const env = new FakeEnv();
    const store = openStore(path, "normal", env);
    const queue = new SqliteQueue(store, env);
    expect(await queue.get(taskId("waits"))).toMatchObject({
      state: "cancelled",
      settledAt: 5,
      queue: "pool",
      holder: null,
      result: {
        status: "cancelled",
        error: {
          code: "CANCELLED",
          message: expect.any(String),
          hint: expect.any(String),
          retryable: false,
        },
      },
    });
    expect(await queue.get(taskId("runs"))).toMatchObject({
      state: "unknown_outcome",
      settledAt: 7,
      result: {
        error: { code: "UNKNOWN_OUTCOME", message: expect.any(String) },
      },
    });
    expect(await queue.get(taskId("failed"))).toMatchObject({
      result: { error: { code: "TASK_THREW" } },
    });
    expect(await queue.counts()).toEqual({
      queued: 0,
      running: 0,
      completed: 2,
      failed: 1,
      timed_out: 0,
      cancelled: 1,
      unknown_outcome: 1,
      poisoned: 0,
    });
    expect(await queue.runTimes("shell", 9)).toEqual([30, 31]);
    // Whoever still wants it can have it.
    expect(await queue.redrive(taskId("waits"))).toBe(true);
    await closeStore(store);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a file of the version before: every row of it is kept as it was", async () => {
  const folder = mkdtempSync(join(tmpdir(), "older-"));
  const path = join(folder, "flow.db");
  writeOldStore(path, 3);
  const raw = new Database(path, { strict: true });
  for (let n = 0; n < 30; n++)
    raw.run(
      "INSERT INTO outcomes (kind, state, tier, wait_ms, start_ms, run_ms, timeout_ms, attempt, settled_at) VALUES (?, 'timed_out', 'hot', 1.5, 0, ?, 800, 1, 7)",
      [`k${n % 4}`, n],
    );
  raw.run(
    "INSERT INTO events (at, type, detail) VALUES (5, 'task.claimed', '{}')",
  );
  // What `meta` says a server writes as it opens the file.
  const tables = raw
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'meta' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'",
    )
    .all();
  /** Of the columns there are now. */
  const reads = tables.map(({ name }) => {
    const columns = raw
      .query<{ name: string }, []>(
        `SELECT name FROM pragma_table_info('${name}')`,
      )
      .all()
      .map((it) => `"${it.name}"`);
    return `SELECT ${columns.join(", ")} FROM "${name}"`;
  });
  const before = reads.map((read) => raw.query(read).values());
  raw.close();
  const store = openStore(path, "normal", new FakeEnv());
  const after = reads.map((read) => store.raw.query(read).values());
  expect(after).toEqual(before);
  const rows = tables.map(({ name }, at) => [name, after[at]!.length]);
  expect(Object.fromEntries(rows)).toMatchObject({
    ...{ tasks: 40, outcomes: 30, events: 1, sessions: 2 },
  });
  await closeStore(store);
  rmSync(folder, { recursive: true });
});
