import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMigrationFiles } from "drizzle-orm/migrator";
import type { BalancerError } from "../../flow-balancer/core/errors.ts";
import { taskId, type TaskId } from "../../flow-balancer/core/ids.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { TaskReader } from "../../flow-balancer/queue/task-reader.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { openForReading } from "../../flow-balancer/store/open-for-reading.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { HELD, request } from "../support/queue-under-test.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "reading-"));
  path = join(folder, "flow.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (id: string, from = path) => {
  const store = openForReading(from);
  if (store === null) return null;
  try {
    return new TaskReader(store).get(id as TaskId);
  } finally {
    store.close();
  }
};

const codeOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (thrown) {
    return (thrown as { code: unknown }).code;
  }
};

/** As the first version left it: one task that ran, and none of the columns that came later. */
function writeOldStore(): void {
  const migrations = join(
    import.meta.dir,
    "../../flow-balancer/store/migrations",
  );
  const [first] = readMigrationFiles({ migrationsFolder: migrations });
  const raw = new Database(path, { create: true, strict: true });
  raw.run("PRAGMA journal_mode = WAL");
  for (const statement of first!.sql) raw.run(statement);
  raw.run(
    "CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)",
  );
  raw.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)", [
    first!.hash,
    first!.folderMillis,
  ]);
  raw.run(
    `INSERT INTO tasks (id, kind, input, priority, state, attempt, fence, submitted_at, settled_at, tier, worker, wait_ms, start_ms, run_ms, value)
     VALUES ('task_old', 'k', '{}', 0, 'completed', 1, 1, 5, 6, 'warm', 'w1', 1, 2, 3, '4')`,
  );
  raw.close();
}

const OLD = {
  id: "task_old",
  queue: "pool",
  holder: null,
  state: "completed",
  deadlineMs: null,
  after: [],
  execution: { worker: "w1", runMs: 3, decision: null },
  result: { status: "completed", valueJson: "4" },
};

describe("a store of before there were decisions", () => {
  test("is read as it is, and left as it is", () => {
    writeOldStore();
    const before = readFileSync(path);
    expect(read("task_old")).toMatchObject(OLD);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(["flow.db"]);
  });

  test("is brought up to date by a server, which reads and writes it on", async () => {
    writeOldStore();
    const env = new FakeEnv();
    const store = openStore(path, "normal", env);
    const queue = new SqliteQueue(store, env);
    expect(await queue.get(taskId("old"))).toMatchObject(OLD);
    const { task } = await queue.record(request({ deadlineMs: 9 }), HELD);
    expect(await queue.get(task.id)).toMatchObject({ deadlineMs: 9 });
    await closeStore(store);
    expect(read("task_old")).toMatchObject(OLD);
  });
});

describe("opened for reading", () => {
  test("a store shows what a server that runs has written, and takes no writes", async () => {
    const env = new FakeEnv();
    const store = openStore(path, "normal", env);
    const { task } = await new SqliteQueue(store, env).record(request(), HELD);
    store.raw.run("BEGIN IMMEDIATE");
    expect(read(task.id)).toMatchObject({ id: task.id, state: "queued" });
    store.raw.run("ROLLBACK");
    const reading = openForReading(path)!;
    expect(() => reading.run("DELETE FROM tasks")).toThrow("readonly");
    reading.close();
    await closeStore(store);
    expect(read(task.id)).toMatchObject({ id: task.id });
  });

  test("a store that a killed server left shows what was in its log", async () => {
    const env = new FakeEnv();
    const store = openStore(path, "normal", env);
    const { task } = await new SqliteQueue(store, env).record(request(), HELD);
    // What is on disk at this moment is what a kill would leave.
    const left = join(folder, "left.db");
    for (const end of ["", "-wal"]) copyFileSync(path + end, left + end);
    await closeStore(store);
    expect(read(task.id, left)).toMatchObject({ id: task.id });
  });

  test("what is not there, not ours or too new is said to be so, and not touched", async () => {
    expect(read("task_x")).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(path, "no database".repeat(1_000));
    expect(codeOf(() => read("task_x"))).toBe("STORAGE_DAMAGED");
    rmSync(path);
    const store = openStore(path, "normal", new FakeEnv());
    store.raw.run(
      "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('future', 99999999999999)",
    );
    await closeStore(store);
    expect(codeOf(() => read("task_x"))).toBe("SCHEMA_TOO_NEW");
    rmSync(path);
    new Database(path, { create: true }).close();
    expect(read("task_x")).toBeNull();
  });
});

test("of one that is damaged it is said what to do, and that trying again is no use", () => {
  const refused = (): BalancerError => {
    try {
      openForReading(path)?.close();
    } catch (thrown) {
      return thrown as BalancerError;
    }
    throw new Error("it opened");
  };
  writeFileSync(path, "no database".repeat(1_000));
  expect(refused()).toMatchObject({
    message: `${path} is damaged: file is not a database`,
    hint: expect.stringContaining("move it away"),
    retryable: false,
    httpStatus: 500,
  });
  rmSync(path);
  mkdirSync(path);
  expect(refused()).toMatchObject({
    code: "STORAGE_DAMAGED",
    message: `${path} is not a file`,
    retryable: false,
  });
});
