import { afterEach, describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { BalancerError } from "../../flow-balancer/core/errors.ts";
import { Blobs } from "../../flow-balancer/store/blobs.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { refuseUnsafeSqlite } from "../../flow-balancer/store/safe-sqlite.ts";
import { SqliteSessions } from "../../flow-balancer/store/sqlite-sessions.ts";
import { sessionId } from "../../flow-balancer/core/ids.ts";
import { FakeEnv } from "../support/fake-env.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0))
    rmSync(folder, { recursive: true, force: true });
});
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), "store-"));
  folders.push(made);
  return made;
};
const refusal = (path: string): BalancerError => {
  try {
    openStore(path, "normal", new FakeEnv()).raw.close();
  } catch (thrown) {
    return thrown as BalancerError;
  }
  throw new Error("it opened");
};

describe("a store", () => {
  test("opens where nothing was, and again with what it kept", async () => {
    const path = join(folder(), "deep", "flow.db");
    const env = new FakeEnv();
    const first = openStore(path, "normal", env);
    const blobs = new Blobs(dirname(path), env);
    const session = await new SqliteSessions(first, env, blobs).open("kept");
    await closeStore(first);
    const second = openStore(path, "normal", env);
    expect(
      await new SqliteSessions(second, env, blobs).get(session.id),
    ).toEqual(session);
    await closeStore(second);
  });

  test.each([
    ["normal", 1],
    ["full", 2],
  ] as const)(
    "%s durability is synchronous %i, always in WAL mode",
    async (durability, level) => {
      const store = openStore(
        join(folder(), "flow.db"),
        durability,
        new FakeEnv(),
      );
      const pragma = (name: string): unknown =>
        Object.values(
          store.raw.query<object, []>(`PRAGMA ${name}`).get() ?? {},
        )[0];
      expect(pragma("synchronous")).toBe(level);
      expect(pragma("journal_mode")).toBe("wal");
      expect(pragma("trusted_schema")).toBe(0);
      // Incremental: what is archived can be given back to the disk.
      expect(pragma("auto_vacuum")).toBe(2);
      await closeStore(store);
    },
  );

  test("closing waits for what was written before", async () => {
    const path = join(folder(), "flow.db");
    const env = new FakeEnv();
    const store = openStore(path, "normal", env);
    const blobs = new Blobs(dirname(path), env);
    void new SqliteSessions(store, env, blobs).open("late");
    await closeStore(store);
    const db = new Database(path, { readonly: true });
    expect(db.query("SELECT name FROM sessions").all()).toEqual([
      { name: "late" },
    ]);
    db.close();
  });

  test("of a newer version is refused and left as it is", async () => {
    const path = join(folder(), "flow.db");
    const store = openStore(path, "normal", new FakeEnv());
    store.raw.run(
      "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('future', 99999999999999)",
    );
    await closeStore(store);
    const before = readFileSync(path);
    expect(refusal(path)).toMatchObject({
      code: "SCHEMA_TOO_NEW",
      hint: expect.any(String),
    });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("that is no database, or no file, is refused and left as it is", () => {
    const path = join(folder(), "flow.db");
    writeFileSync(
      path,
      "this is not a database, whatever its name says".repeat(100),
    );
    const before = readFileSync(path);
    expect(refusal(path)).toMatchObject({
      code: "STORAGE_DAMAGED",
      retryable: false,
      message: expect.stringContaining(path),
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    const directory = join(folder(), "flow.db");
    mkdirSync(directory);
    expect(refusal(directory)).toMatchObject({ code: "STORAGE_DAMAGED" });
    expect(refusal("/proc/nowhere/flow.db")).toMatchObject({
      code: "STORAGE_FAILED",
    });
  });
});

test("processes that open a new store at the same moment all get it", async () => {
  const source = (path: string): string =>
    JSON.stringify(join(import.meta.dir, "../../flow-balancer", path));
  // Each says that it is up, and opens once it is told to.
  const program = `
    import { openStore } from ${source("store/database.ts")};
    import { bunEnv } from ${source("env.ts")};
    console.log("up");
    for await (const path of console) openStore(path, "normal", bunEnv).raw.close();`;
  const children = Array.from({ length: 5 }, () =>
    Bun.spawn([process.execPath, "-e", program], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    }),
  );
  await Promise.all(children.map(({ stdout }) => stdout.getReader().read()));
  for (let round = 0; round < 30; round++) {
    const path = join(folder(), "flow.db");
    for (const { stdin } of children) {
      stdin.write(`${path}\n`);
      void stdin.flush();
    }
  }
  for (const { stdin } of children) void stdin.end();
  const complaints = await Promise.all(
    children.map(({ stderr }) => new Response(stderr).text()),
  );
  expect(complaints).toEqual(children.map(() => ""));
}, 30_000);

describe("SQLite", () => {
  test.each(["3.51.3", "3.54.1", "4.0.0"])("%s is taken", (version) => {
    expect(() => refuseUnsafeSqlite(version)).not.toThrow();
  });

  test.each(["3.51.2", "3.40.1", "3.9.0"])(
    "%s, which may damage the file, is refused",
    (version) => {
      expect(() => refuseUnsafeSqlite(version)).toThrow(
        `SQLite ${version} may damage a database that several processes write; 3.51.3 or newer is needed`,
      );
    },
  );
});

describe("sessions", () => {
  test("are closed once, whoever closes them again", async () => {
    const env = new FakeEnv();
    const store = openStore(":memory:", "normal", env);
    const sessions = new SqliteSessions(store, env, new Blobs(folder(), env));
    const { id } = await sessions.open(null);
    env.advance(5);
    const closed = await sessions.close(id);
    env.advance(5);
    expect(await sessions.close(id)).toEqual(closed);
    expect(closed?.closedAt as number).toBe(1_700_000_000_005);
    expect(await sessions.get(id)).toEqual(closed);
    expect(await sessions.close(sessionId("nope"))).toBeNull();
    expect(await sessions.get(sessionId("nope"))).toBeNull();
  });
});
