import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskReserve } from "../../flow-balancer/config/disk-reserve.ts";
import { BalancerError, wireError } from "../../flow-balancer/core/errors.ts";
import { holderId, type TaskId } from "../../flow-balancer/core/ids.ts";
import { type Lease, PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { openStore, type Store } from "../../flow-balancer/store/database.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { request } from "../support/queue-under-test.ts";

const ME = { ...PLAIN_TERMS, holder: holderId("me") };
const CANCELLED = wireError("CANCELLED", "not wanted");
/** Too random to be packed. */
const WIDE = JSON.stringify(
  Array.from({ length: 300 }, (_, n) => Bun.hash(String(n)).toString(36)),
);

let home: string;
let env: FakeEnv;
let store: Store;
let queue: SqliteQueue;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "full-disk-"));
  env = new FakeEnv();
  store = openStore(join(home, "flow.db"), "normal", env);
  queue = new SqliteQueue(store, env);
});
afterEach(() => {
  store.raw.close();
  rmSync(home, { recursive: true });
});

/** SQLite says "full" at this many pages, as it does on a disk without room. */
const limitPages = (pages: number) =>
  store.raw.run(`PRAGMA max_page_count = ${pages}`);
const pages = (): number =>
  store.raw.query<{ page_count: number }, []>("PRAGMA page_count").get()
    ?.page_count ?? 0;

/** Records until there is no room; the acknowledged ones. */
async function fill(): Promise<Lease[]> {
  limitPages(pages() + 20);
  const held: Lease[] = [];
  for (;;) {
    const asked = Array.from({ length: 5 }, () =>
      queue.record(request({ inputJson: WIDE }), ME),
    );
    const answers = await Promise.allSettled(asked);
    for (const answer of answers)
      if (answer.status === "fulfilled" && answer.value.isNew)
        held.push(answer.value.lease!);
      else if (answer.status === "rejected")
        expect(answer.reason).toMatchObject({ code: "STORAGE_FULL" });
    if (answers.every(({ status }) => status === "rejected")) return held;
  }
}

const storedIds = (): TaskId[] =>
  store.raw
    .query<{ id: TaskId }, []>("SELECT id FROM tasks ORDER BY seq")
    .all()
    .map(({ id }) => id);

const settlement = (valueJson: string) =>
  ({
    result: { status: "completed", valueJson },
    execution: null,
    startedAt: null,
    output: null,
  }) as const;

describe("a full disk", () => {
  test("acknowledges what is stored and nothing else", async () => {
    const held = await fill();
    expect(held.length).toBeGreaterThan(3);
    expect(storedIds()).toEqual(held.map(({ id }) => id));
    const again = openStore(join(home, "flow.db"), "normal", env);
    expect(again.raw.query("PRAGMA integrity_check").get()).toEqual({
      integrity_check: "ok",
    });
    again.raw.close();
  });

  test("is read from, and tasks end on it", async () => {
    const [first, second, third] = await fill();
    expect(await queue.get(first!.id)).toMatchObject({ inputJson: WIDE });
    expect((await queue.list({ limit: 100 })).tasks.length).toBeGreaterThan(3);
    expect(await queue.cancel(second!.id, CANCELLED)).toBe("asked");
    expect(await queue.release(second!)).toBe(true);
    expect((await queue.get(second!.id))?.state).toBe("cancelled");
    expect((await queue.settle(third!, settlement("1"))).accepted).toBe(true);
  });

  test("with a reserve takes the results of what was accepted; without one they are refused, and kept by whoever has them", async () => {
    const reserve = new DiskReserve(home, () => 1e9);
    expect(reserve.keep()).toBe(true);
    const held = await fill();
    const settle = ([lease]: Lease[]) => queue.settle(lease!, settlement(WIDE));
    const code = await settle(held).catch(
      (thrown: unknown) => (thrown as BalancerError).code,
    );
    expect(code).toBe("STORAGE_FULL");
    const logBytes = () => Bun.file(join(home, "flow.db-wal")).size;
    const before = logBytes();
    // What the file gave up is the database's.
    store.commit.whenFull(() => {
      const isFreed = reserve.free();
      if (isFreed) limitPages(pages() + 40);
      return isFreed;
    });
    const settled = Promise.all(held.slice(0, 4).map((it) => settle([it])));
    while (env.waiting === 0) await Bun.sleep(0);
    env.advance(1);
    expect((await settled).map(({ accepted }) => accepted)).toEqual(
      Array.from({ length: 4 }, () => true),
    );
    expect(reserve.isSpent).toBe(true);
    expect(logBytes()).toBeLessThan(before / 2);
    // All goes on once there is room again.
    limitPages(1_000_000);
    expect(reserve.keep()).toBe(true);
    expect(reserve.isSpent).toBe(false);
    expect(await queue.record(request(), ME)).toMatchObject({ isNew: true });
    for (const lease of held.slice(4))
      expect((await settle([lease])).accepted).toBe(true);
  });

  test("a reserve is freed once: then it is full for good", async () => {
    let asked = 0;
    store.commit.whenFull(() => ++asked === 1);
    const filled = fill();
    while (env.waiting === 0) await Bun.sleep(0);
    env.advance(1);
    const held = await filled;
    expect(storedIds()).toEqual(held.map(({ id }) => id));
    expect(asked).toBeGreaterThan(1);
  });
});
