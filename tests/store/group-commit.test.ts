import { afterEach, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import { GroupCommit } from "../../flow-balancer/store/group-commit.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { until } from "../support/until.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Notes each run of a statement that is prepared from now on. */
function recording(db: Database, runs: string[]): Database {
  const prepare = db.prepare.bind(db);
  db.prepare = ((sql: string) => {
    const statement = prepare(sql);
    const run = statement.run.bind(statement);
    statement.run = () => (runs.push(sql), run());
    return statement;
  }) as typeof db.prepare;
  return db;
}

function setUp() {
  const folder = mkdtempSync(join(tmpdir(), "group-commit-"));
  folders.push(folder);
  const path = join(folder, "t.db");
  const db = new Database(path, { create: true, strict: true });
  db.run("PRAGMA journal_mode = WAL");
  db.run("CREATE TABLE t (n INTEGER PRIMARY KEY)");
  const env = new FakeEnv();
  const transactions: string[] = [];
  const commit = new GroupCommit(recording(db, transactions), env);
  const other = new Database(path);
  return {
    db,
    env,
    commit,
    transactions,
    other,
    insert: (n: number) =>
      commit.write(
        () =>
          db
            .query<{ n: number }, [number]>(
              "INSERT INTO t VALUES (?) RETURNING n",
            )
            .get(n)?.n,
      ),
    stored: () =>
      other
        .query<{ n: number }, []>("SELECT n FROM t ORDER BY n")
        .all()
        .map(({ n }) => n),
  };
}
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "resolved",
    (thrown: unknown) =>
      thrown instanceof BalancerError ? thrown.code : thrown,
  );

test("writes of one turn are one transaction, each with its own value, on disk before its promise resolves", async () => {
  const { insert, stored, transactions } = setUp();
  expect(
    await Promise.all([
      insert(1),
      insert(2),
      insert(3).then((n) => [n, stored()]),
    ]),
  ).toEqual([1, 2, [3, [1, 2, 3]]]);
  expect(transactions).toEqual(["BEGIN IMMEDIATE", "COMMIT"]);
});

test("one that fails harms no other, whatever it threw", async () => {
  const { commit, insert, stored } = setUp();
  const own = new BalancerError("IDEMPOTENCY_CONFLICT", "mine");
  const results = await Promise.all([
    codeOf(insert(1)),
    codeOf(
      commit.write(() => {
        throw own;
      }),
    ),
    codeOf(insert(2)),
    codeOf(insert(2)),
    codeOf(
      commit.write(() => {
        throw new Error("odd");
      }),
    ),
    codeOf(insert(3)),
  ]);
  expect(results).toEqual([
    "resolved",
    "IDEMPOTENCY_CONFLICT",
    "resolved",
    "STORAGE_FAILED",
    "STORAGE_FAILED",
    "resolved",
  ]);
  expect(stored()).toEqual([1, 2, 3]);
});

test("who watches hears of each transaction when it begins and last before it commits, also of those that run alone", async () => {
  const { commit, db, insert, stored } = setUp();
  const heard: string[] = [];
  let pending: number[] = [];
  commit.watch({
    begun: () => {
      heard.push("begun");
      pending = [];
    },
    ending: () => {
      heard.push("ending");
      for (const n of pending) db.run("INSERT INTO t VALUES (?)", [n]);
    },
  });
  const note = (n: number) =>
    commit.write(() => {
      pending.push(n);
    });
  await Promise.all([insert(1), note(11), note(12)]);
  expect(heard.splice(0)).toEqual(["begun", "ending"]);
  expect(stored()).toEqual([1, 11, 12]);
  const results = await Promise.all([
    codeOf(note(13)),
    codeOf(insert(1)),
    codeOf(note(11)),
    codeOf(note(14)),
  ]);
  // What it writes can fail as well, and only those whose doing it is.
  expect(results).toEqual([
    "resolved",
    "STORAGE_FAILED",
    "STORAGE_FAILED",
    "resolved",
  ]);
  expect(stored()).toEqual([1, 11, 12, 13, 14]);
});

test("one who hears of what is over and throws costs no write anything", async () => {
  const { commit, db, insert, stored } = setUp();
  const fail = (): never => {
    throw new Error("no");
  };
  const nothing = (): void => {};
  const watcher = { committed: fail, delayed: fail, refused: fail };
  commit.watch({ ...watcher, begun: nothing, ending: nothing });
  let runs = 0;
  await Promise.all([commit.write(() => void runs++), insert(1)]);
  await commit.drained();
  expect(runs).toBe(1);
  db.run("PRAGMA query_only = on");
  expect(await codeOf(insert(2))).toBe("STORAGE_FAILED");
  await commit.drained();
  db.run("PRAGMA query_only = off");
  expect(await codeOf(insert(3))).toBe("resolved");
  expect(stored()).toEqual([1, 3]);
});

test("while another connection writes it tries again, holds nothing up, and loses nothing", async () => {
  const { env, insert, other, stored, commit } = setUp();
  other.run("BEGIN IMMEDIATE");
  const written = Promise.all([insert(1), insert(2)]);
  await until("a planned retry", () => env.waiting === 1);
  env.advance(1);
  await until("another retry", () => env.waiting === 1);
  const third = insert(3);
  other.run("ROLLBACK");
  env.advance(2);
  expect(await written).toEqual([1, 2]);
  await third;
  await commit.drained();
  expect(stored()).toEqual([1, 2, 3]);
});

test("after 5 s of that, all who wait are told, and the next write succeeds", async () => {
  const { env, insert, other, stored } = setUp();
  other.run("BEGIN IMMEDIATE");
  const results = Promise.all([codeOf(insert(1)), codeOf(insert(2))]);
  await until("a planned retry", () => env.waiting === 1);
  env.advance(5_000);
  expect(await results).toEqual(["STORAGE_BUSY", "STORAGE_BUSY"]);
  other.run("ROLLBACK");
  expect(await insert(3)).toBe(3);
  expect(stored()).toEqual([3]);
});

test("a lock lost between the writes of a group that came apart is waited for as well", async () => {
  const { env, commit, insert, other, stored } = setUp();
  const first = insert(1);
  // Runs in the group, then alone: by then another connection has the lock.
  let runs = 0;
  const third = commit.write(() => {
    if (++runs === 2)
      throw Object.assign(new Error("locked"), { code: "SQLITE_BUSY" });
    return "third";
  });
  const bad = codeOf(
    commit.write(() => {
      throw new Error("apart");
    }),
  );
  expect(await first).toBe(1);
  expect(await bad).toBe("STORAGE_FAILED");
  await until("a planned retry", () => env.waiting === 1);
  env.advance(1);
  expect(await third).toBe("third");
  expect(runs).toBe(3);
  expect(stored()).toEqual([1]);
  other.close();
});

test("drained resolves at once when nothing waits, and only after what does", async () => {
  const { commit, insert, stored } = setUp();
  await commit.drained();
  void insert(1);
  await commit.drained();
  expect(stored()).toEqual([1]);
});

test("a process whose last write waits for the lock stays until it is written", async () => {
  const { other, stored } = setUp();
  const folder = folders[0] ?? "";
  const program = `
    import { Database } from "bun:sqlite";
    import { GroupCommit } from ${JSON.stringify(join(import.meta.dir, "../../flow-balancer/store/group-commit.ts"))};
    import { bunEnv } from ${JSON.stringify(join(import.meta.dir, "../../flow-balancer/env.ts"))};
    const db = new Database(${JSON.stringify(join(folder, "t.db"))});
    console.log("trying");
    void new GroupCommit(db, bunEnv).write(() => db.run("INSERT INTO t VALUES (7)"));`;
  other.run("BEGIN IMMEDIATE");
  const child = Bun.spawn([process.execPath, "-e", program], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = child.stdout.getReader();
  await reader.read();
  // Long enough to end in, if nothing held it.
  await Bun.sleep(100);
  other.run("ROLLBACK");
  expect(await child.exited).toBe(0);
  expect(stored()).toEqual([7]);
});

test("writes asked for as one are done together or not at all, where another of the turn fails or one of them does", async () => {
  const { commit, insert, stored } = setUp();
  await insert(1);
  const [, pair, alone, failing] = await Promise.allSettled([
    // Fails, so that the rest of the turn is done again without it.
    insert(1),
    Promise.all(commit.asOne(() => [insert(2), insert(3)])),
    insert(4),
    Promise.all(commit.asOne(() => [insert(5), insert(1)])),
  ]);
  expect(pair).toMatchObject({ status: "fulfilled", value: [2, 3] });
  expect(alone).toMatchObject({ status: "fulfilled", value: 4 });
  expect(failing).toMatchObject({ status: "rejected" });
  expect(stored()).toEqual([1, 2, 3, 4]);
});
