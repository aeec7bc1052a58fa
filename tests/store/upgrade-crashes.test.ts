/** A store of an older version that is brought up to date is the old one or the new one, whole, whatever dies when. */

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  test,
} from "bun:test";
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { holderId, taskId, type TaskId } from "../../flow-balancer/core/ids.ts";
import {
  isTerminal,
  TASK_STATES,
  type TaskState,
} from "../../flow-balancer/core/task.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import {
  closeStore,
  openStore,
  type Store,
} from "../../flow-balancer/store/database.ts";
import { migrate } from "../../flow-balancer/store/migrate.ts";
import { openForReading } from "../../flow-balancer/store/open-for-reading.ts";
import { LOG_HEADER, roomy } from "../support/damaged-store.ts";
import {
  bytesOf,
  content,
  copyClosed,
  copyOpen,
  logBytes,
  upgraded,
} from "../support/damaged-store-files.ts";
import {
  contentOf,
  MortalDatabase,
  statementsFrom,
  writeOldStore,
} from "../support/damaged-store-old.ts";
import { FakeEnv } from "../support/fake-env.ts";

const FRAME_BYTES = 4_096 + 24;
const ANY = {
  queue: "pool",
  holder: holderId("me"),
  max: 99,
  leaseMs: null,
} as const;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(roomy(), "upgrades-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each([0, 1, 2, 3])("a store of version %i", (version) => {
  const total = statementsFrom(version);
  const file = (name: string | number): string =>
    join(folder, `${version} ${name}.db`);
  let before: unknown;
  let after: unknown;
  beforeAll(async () => {
    writeOldStore(file("old"), version);
    // A copy, since looking leaves files behind.
    copyClosed(file("old"), file("looked at"));
    before = content(file("looked at"));
    copyClosed(file("old"), file("new"));
    after = await upgraded(file("new"));
    expect(after).not.toEqual(before);
  });

  test("is the old one at every statement, and up to date with the next open", async () => {
    copyClosed(file("old"), file("dying"));
    const left: number[] = [];
    using raw = new MortalDatabase(file("dying"), total, (n) => {
      copyOpen(file("dying"), file(n));
      left.push(n);
    });
    migrate(raw, file("dying"));
    expect(left.length).toBe(total + 1);
    // Much of it was written by then, and counts for nothing.
    expect(logBytes(file(total))).toBeGreaterThan(10 * FRAME_BYTES);
    for (const n of left) {
      expect(content(file(n))).toEqual(before);
      expect(await upgraded(file(n))).toEqual(after);
    }
  });

  test("is the old one until the last byte of the new one is written", async () => {
    copyClosed(file("old"), file("done"));
    using raw = new MortalDatabase(file("done"), total, () => {});
    migrate(raw, file("done"));
    copyOpen(file("done"), file("torn"));
    const bytes = logBytes(file("torn"));
    const torn = join(folder, `${version} cut.db`);
    for (let end = bytes; end > LOG_HEADER; end -= FRAME_BYTES)
      for (const size of [end, end - 1, end - FRAME_BYTES / 2]) {
        copyClosed(file("torn"), torn);
        truncateSync(`${torn}-wal`, size);
        const isWhole = size === bytes;
        if (!isWhole) expect(content(torn)).toEqual(before);
        if (isWhole || end % 7 === 0)
          expect(await upgraded(torn)).toEqual(after);
        rmSync(torn);
        rmSync(`${torn}-wal`, { force: true });
        rmSync(`${torn}-shm`, { force: true });
      }
  });

  test("is the old one, too, for a server that lives on after an error", async () => {
    for (let n = 0; n <= total; n++) {
      const path = file(`${n} failed`);
      copyClosed(file("old"), path);
      const raw = new MortalDatabase(path, total, (at) => {
        if (at === n) throw new Error("disk I/O error");
      });
      expect(() => migrate(raw, path)).toThrow("disk I/O error");
      expect(raw.inTransaction).toBe(false);
      expect(contentOf(raw)).toEqual(before);
      raw.close();
    }
  });
});

test("killed in the middle, for good: the next server finishes what was begun", async () => {
  const total = statementsFrom(2);
  const old = join(folder, "killed.db");
  writeOldStore(old, 2);
  const path = (n: number): string => join(folder, `killed at ${n}.db`);
  const points = [1, 13, 29, total - 3, total];
  for (const n of points) copyClosed(old, path(n));
  const children = points.map((n) => {
    const child = join(import.meta.dir, "children/damaged-store-upgrader.ts");
    return Bun.spawn([process.execPath, child, path(n), String(n)], {
      stdout: "inherit",
      stderr: "inherit",
    });
  });
  await Promise.all(children.map(({ exited }) => exited));
  const before = content(path(1));
  const after = await upgraded(old);
  for (const [at, n] of points.entries()) {
    expect(children[at]!.signalCode).toBe("SIGKILL");
    expect(content(path(n))).toEqual(before);
    expect(await upgraded(path(n))).toEqual(after);
  }
});

describe.each([1, 2])("of a store of version %i", (version) => {
  let store: Store;
  let queue: SqliteQueue;
  let old: { id: TaskId; state: TaskState }[];
  beforeEach(() => {
    const path = join(folder, `${Bun.randomUUIDv7()}.db`);
    writeOldStore(path, version);
    const raw = new Database(path);
    old = raw
      .prepare<(typeof old)[number], []>("SELECT id, state FROM tasks")
      .all();
    raw.close();
    const env = new FakeEnv();
    store = openStore(path, "normal", env);
    queue = new SqliteQueue(store, env);
  });
  afterEach(() => closeStore(store));

  test("what was open has ended with a reason, the rest is as it was, and all of it is counted", async () => {
    const now: Record<TaskState, number> = await queue.counts();
    const expected = TASK_STATES.map((state) => [state, 0]);
    const counts = Object.fromEntries(expected) as Record<TaskState, number>;
    for (const { id, state } of old) {
      const task = (await queue.get(id))!;
      const end = { queued: "cancelled", running: "unknown_outcome" } as const;
      expect(task.state).toBe(isTerminal(state) ? state : end[state]);
      counts[task.state]++;
      expect(task.settledAt).toBeNumber();
      if (isTerminal(state)) continue;
      expect(task.result).toMatchObject({
        status: task.state,
        error: {
          code: task.state.toUpperCase(),
          message: expect.stringContaining("its server"),
          hint: expect.stringContaining("ubmit it again"),
          retryable: false,
        },
      });
    }
    expect(now).toEqual(counts);
    const learnt = store.raw.prepare(
      "SELECT count(*) FROM outcomes WHERE state = 'completed'",
    );
    expect(learnt.values()).toEqual([[counts.completed]]);
    // Nobody has any of them, and nobody can get one.
    expect(await queue.sweep()).toEqual({ expired: 0, due: 0 });
    expect(await queue.claim(ANY)).toEqual([]);
    expect(Math.min(...Object.values(counts).slice(2))).toBeGreaterThan(0);
  });

  test("what waited for another waits for it again, once it is wanted again", async () => {
    const [waits, first] = [taskId("0"), taskId("1")];
    if (version === 2) expect(await queue.redrive(waits)).toBe(false);
    expect(await queue.redrive(first)).toBe(true);
    expect(await queue.redrive(waits)).toBe(true);
    const claimed = await queue.claim(ANY);
    expect(claimed.map(({ task }) => task.id)).toEqual(
      // The first version knew nothing of waiting.
      version === 2 ? [first] : [first, waits],
    );
    if (version === 1) return;
    const settled = await queue.settle(claimed[0]!.lease, {
      result: { status: "completed", valueJson: "1" },
      execution: null,
      startedAt: null,
      output: null,
    });
    expect(settled.released).toEqual([waits]);
  });

  test("the newest 10,000 run times are kept, the last to end first", async () => {
    const path = join(folder, `many ${version}.db`);
    writeOldStore(path, version);
    const raw = new Database(path);
    raw.run(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10050)
       INSERT INTO tasks (id, kind, input, priority, state, attempt, fence, submitted_at, settled_at, run_ms)
       SELECT 'task_many ' || i, 'many', '{}', 0, 'completed', 1, 1, 1, 1000000 - i, i FROM n`,
    );
    raw.close();
    const env = new FakeEnv();
    const many = openStore(path, "normal", env);
    const times = await new SqliteQueue(many, env).runTimes("many", 20_000);
    expect(times.length).toBe(10_000);
    // Those that came last ended first.
    expect([times[0], times.at(-1)]).toEqual([51, 10_050]);
    await closeStore(many);
  });
});

describe("a store of a newer version is refused, and nothing of it written", () => {
  /** Written by a server that runs until `end`. */
  async function newer(path: string): Promise<{ end(): Promise<unknown> }> {
    const child = Bun.spawn(
      [
        process.execPath,
        join(import.meta.dir, "children/damaged-store-newer.ts"),
        path,
      ],
      { stdin: "pipe", stdout: "pipe", stderr: "inherit" },
    );
    await child.stdout.getReader().read();
    return {
      end() {
        void child.stdin.end();
        return child.exited;
      },
    };
  }

  /** In use, closed, or left by a kill. */
  async function staysAsItIs(open: (path: string) => unknown): Promise<void> {
    const path = join(folder, `newer ${Bun.randomUUIDv7()}.db`);
    const server = await newer(path);
    const refused = (at: string): void =>
      expect(() => open(at)).toThrow("was written by a newer version");
    let was = bytesOf(path);
    refused(path);
    expect(bytesOf(path)).toEqual(was);
    const left = `${path} left`;
    copyOpen(path, left);
    await server.end();
    was = bytesOf(path);
    refused(path);
    expect(bytesOf(path)).toEqual(was);
    // SQLite itself copies the log of whoever was killed to the database, and adds nothing.
    const log = `${path} looked at`;
    copyClosed(left, log);
    const all = content(log);
    refused(left);
    expect(content(left)).toEqual(all);
  }

  test("by who would read it", () => staysAsItIs(openForReading));

  // It says `auto_vacuum` of every file, which SQLite writes to it.
  test("by who would serve it", () =>
    staysAsItIs((path) => openStore(path, "normal", new FakeEnv())));
});
