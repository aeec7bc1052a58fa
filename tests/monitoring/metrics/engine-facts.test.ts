import { expect, test } from "bun:test";
import { join } from "node:path";
import type { LastBeat } from "../../../flow-balancer/core/instance.ts";
import type { PoolStatus } from "../../../flow-balancer/core/pool-status.ts";
import type { KindTimeouts } from "../../../flow-balancer/core/timeout-stats.ts";
import { SqliteQueue } from "../../../flow-balancer/queue/sqlite-queue.ts";
import { openStore } from "../../../flow-balancer/store/database.ts";
import { EngineFacts } from "../../../flow-balancer/watching/metrics-facts.ts";
import { FakeEnv } from "../../support/fake-env.ts";
import { request } from "../../support/queue-under-test.ts";
import { PLAIN_TERMS } from "../../../flow-balancer/core/queue.ts";
import { TemporaryFolder } from "../../support/temporary-folder.ts";

const LIMIT = { softMs: 500, maxMs: 2_000, basis: "kind", n: 40 } as const;

test("the home's facts are those of its files and rows, and a kind's limit has the runs it is compared with", async () => {
  using folder = new TemporaryFolder();
  const env = new FakeEnv();
  const store = openStore(join(folder.path, "flow.db"), "normal", env);
  const queue = new SqliteQueue(store, env);
  const lastBeat = { ageMs: 7, failing: ["sweep"] } as unknown as LastBeat;
  const facts = new EngineFacts({
    env,
    home: folder.path,
    store,
    queue,
    pool: { status: () => ({ waiting: 3 }) as PoolStatus },
    sharing: { status: () => ({ alive: [], lastBeat }) },
    deadlines: {
      kindLimits: () => ["a", "b"].map((kind) => ({ kind, limit: LIMIT })),
      statsOf: async (kind) =>
        kind === "a"
          ? ({ wouldHaveKilled: { runs: 2, of: 256 } } as KindTimeouts)
          : null,
    },
  });
  await queue.record(request(), PLAIN_TERMS);
  env.advance(1_500);
  await queue.record(request(), PLAIN_TERMS);
  const home = await facts.home();
  expect(home).toMatchObject({ waiting: 2, oldestMs: 1_500, lastBeat });
  expect(home.tasks.queued).toBe(2);
  const { database, wal, free } = facts.disk();
  expect(database).toBeGreaterThanOrEqual(4_096);
  expect(wal).toBeGreaterThan(0);
  expect(free).toBeGreaterThan(0);
  const { softMs, maxMs } = LIMIT;
  expect(await facts.deadlines()).toEqual([
    { kind: "a", softMs, maxMs, remembered: 256, wouldKill: 2 },
    { kind: "b", softMs, maxMs, remembered: 0, wouldKill: 0 },
  ]);
  expect(facts.pool().waiting).toBe(3);
  expect(facts.version()).toMatch(/^\d+[.]\d+[.]\d+$/);
  const own = await facts.memoryOf([process.pid, 2 ** 30]);
  expect(own.get(process.pid)).toBeGreaterThan(1e6);
  expect(own.get(2 ** 30)).toBeNull();
  store.raw.close();
});
