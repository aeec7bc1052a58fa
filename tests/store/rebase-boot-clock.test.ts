import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holderId } from "../../flow-balancer/core/ids.ts";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { request } from "../support/queue-under-test.ts";
import { WaywardEnv } from "../support/wayward-env.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** One leased, one delayed by 10 s, one without a place in its group, and a resource; then `between`, and the same file opened again. */
async function reopened(between: (env: WaywardEnv) => void) {
  const folder = mkdtempSync(join(tmpdir(), "boot-"));
  folders.push(folder);
  const path = join(folder, "flow.db");
  const env = new WaywardEnv();
  const first = openStore(path, "normal", env);
  const queue = new SqliteQueue(first, env);
  const group = { key: "g", limit: 1 };
  const leased = await queue.record(request(), { ...PLAIN_TERMS, group });
  const ask = { queue: "pool", holder: holderId("a"), max: 1 } as const;
  const [claimed] = await queue.claim({ ...ask, leaseMs: 60_000 });
  const late = await queue.record(request(), {
    ...PLAIN_TERMS,
    delayMs: 10_000,
  });
  await queue.record(request(), { ...PLAIN_TERMS, group });
  first.raw.run(
    "INSERT INTO resource_claims VALUES ('port:1', 'a', NULL, 1, ?)",
    [env.boot() + 60_000],
  );
  await closeStore(first);
  between(env);
  const store = openStore(path, "normal", env);
  const resources = () =>
    store.raw.query("SELECT lease_boot FROM resource_claims").get();
  return {
    env,
    store,
    queue: new SqliteQueue(store, env),
    lease: claimed!.lease,
    ids: [leased.task.id, late.task.id],
    claimedIds: async (of: SqliteQueue) =>
      (await of.claim({ ...ask, max: 9, leaseMs: null })).map(
        ({ task }) => task.id,
      ),
    resources,
  };
}

test("while the machine runs on, what was leased and what waits stay so", async () => {
  const { env, queue, lease, store, resources } = await reopened((env) => {
    env.advance(5_000);
    env.skewMs = 3_600_000;
  });
  expect(await queue.sweep()).toEqual({ expired: 0, due: 0 });
  expect(await queue.extend([lease], 60_000)).toEqual(["held"]);
  expect(resources()).toEqual({ lease_boot: expect.any(Number) });
  expect(resources()).not.toEqual({ lease_boot: 0 });
  env.advance(5_000);
  expect(await queue.sweep()).toEqual({ expired: 0, due: 1 });
  await closeStore(store);
});

test("after a restart every lease is over, delays go on by the wall clock, and places in a group are given anew", async () => {
  const { env, queue, lease, ids, claimedIds, store, resources } =
    await reopened((env) => {
      env.advance(4_000);
      env.restartMachine();
    });
  expect(resources()).toEqual({ lease_boot: 0 });
  // Still out of every claim's sight, as it has no place.
  expect(
    store.raw
      .query("SELECT count(*) AS n FROM tasks WHERE due_boot = ?")
      .get(Number.MAX_SAFE_INTEGER),
  ).toEqual({ n: 1 });
  expect(await queue.sweep()).toEqual({ expired: 1, due: 0 });
  expect(await queue.extend([lease], 60_000)).toEqual(["lost"]);
  // Of the two of the group the one that had the place, which came first.
  expect(await claimedIds(queue)).toEqual([ids[0]!]);
  env.advance(5_999);
  expect(await queue.sweep()).toEqual({ expired: 0, due: 0 });
  env.advance(1);
  expect(await queue.sweep()).toEqual({ expired: 0, due: 1 });
  expect(await claimedIds(queue)).toEqual([ids[1]!]);
  await closeStore(store);
});

test("a time that passed while the machine was off has come", async () => {
  const { queue, store } = await reopened((env) => {
    env.restartMachine();
    env.skewMs = 3_600_000;
  });
  expect(await queue.sweep()).toEqual({ expired: 1, due: 1 });
  await closeStore(store);
});
