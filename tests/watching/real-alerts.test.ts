/** Each rule fires on what it is for, as it happens to a real store, and clears when that is over. */

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type {
  AlertOverride,
  AlertRuleName,
} from "../../flow-balancer/core/alert-limits.ts";
import { holderId, workerId } from "../../flow-balancer/core/ids.ts";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import type { TerminalState } from "../../flow-balancer/core/task.ts";
import type { Tier } from "../../flow-balancer/core/tier.ts";
import type { EpochMs } from "../../flow-balancer/core/time.ts";
import { bunEnv } from "../../flow-balancer/env.ts";
import { AlertFactsReader } from "../../flow-balancer/watching/alert-facts.ts";
import { AlertDesk } from "../../monitoring/alerts/alert-desk.ts";
import {
  activeRules,
  NO_ALERTS,
  stepAlerts,
} from "../../monitoring/alerts/step-alerts.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { GIB, MIB } from "../support/health-facts-given.ts";
import { PoolUnderTest } from "../support/pool-under-test.ts";
import { HELD, request, resultOf } from "../support/queue-under-test.ts";
import { until } from "../support/until.ts";
import { pass, settle, WatchedHome } from "../support/watched-home.ts";

const LOOK_MS = 5_000;
const MINUTE_MS = 60_000;

interface UnderAlert {
  readonly home: WatchedHome;
  readonly told: readonly string[];
  /** So many ms, with nothing but looks. */
  pass(ms: number): Promise<void>;
}

/** What happened to one rule while `act` did what it is for. */
async function toldOf(
  rule: AlertRuleName,
  act: (it: UnderAlert) => Promise<void>,
  override?: Partial<AlertOverride>,
): Promise<string[]> {
  await using home = new WatchedHome(new FakeEnv());
  const reader = new AlertFactsReader({
    ...home.parts,
    pool: { status: () => home.parts.pool.status() },
  });
  const told: string[] = [];
  const own = { threshold: null, clear: null, holdMs: null, ...override };
  const desk = new AlertDesk({
    env: home.env,
    settings: { enabled: "on", rules: override ? { [rule]: own } : {} },
    origin: { instance: home.id, home: home.parts.home },
    facts: () => reader.read(),
    isLeader: () => reader.leads(),
    hooks: {
      page: async (notice) => {
        if (notice.rule === rule) told.push(notice.state);
      },
    },
    log: () => {},
  });
  desk.start();
  await act({
    home,
    told,
    pass: async (ms) => {
      for (let left = ms; left > 0; left -= LOOK_MS) {
        home.env.advance(Math.min(LOOK_MS, left));
        await settle();
      }
    },
  });
  await desk.stop();
  return told;
}

async function settleTasks(
  { queue }: WatchedHome,
  times: number,
  status: TerminalState,
  { tier = "warm", waitMs = 1 }: { tier?: Tier; waitMs?: number } = {},
): Promise<void> {
  for (let n = 0; n < times; n++) {
    const recorded = await queue.record(request(), HELD);
    if (!recorded.isNew) throw new Error("not new");
    const execution = {
      tier,
      worker: workerId(1),
      waitMs,
      startMs: 1,
      runMs: 1,
      beats: false,
    };
    await queue.settle(recorded.lease!, {
      result: resultOf(status, n),
      execution,
      startedAt: null,
      output: null,
    });
  }
}

const BOTH = ["firing", "cleared"];

describe("what the tasks of the last minutes show", () => {
  const rates: readonly [
    AlertRuleName,
    TerminalState,
    { tier?: Tier; waitMs?: number },
  ][] = [
    ["error_rate", "failed", {}],
    ["wait_p95", "completed", { waitMs: 9_000 }],
    ["cold_start_share", "completed", { tier: "cold" }],
  ];

  test.each(rates)(
    "%s: of 20 tasks it fires, of 19 it does not, and clears once others come",
    async (rule, status, how) => {
      const told = await toldOf(
        rule,
        async ({ home, told: yet, pass: wait }) => {
          await settleTasks(home, 19, status, how);
          await wait(3 * MINUTE_MS);
          expect(yet).toEqual([]);
          await settleTasks(home, 1, status, how);
          await wait(MINUTE_MS);
          expect(yet).toEqual([]);
          await settleTasks(home, 20, status, how);
          await wait(3 * MINUTE_MS);
          expect(yet).toEqual(["firing"]);
          await settleTasks(home, 400, "completed");
          await wait(LOOK_MS);
        },
      );
      expect(told).toEqual(BOTH);
    },
  );

  test("clear when nothing ends any more", async () => {
    const told = await toldOf("error_rate", async ({ home, pass: wait }) => {
      await settleTasks(home, 50, "timed_out");
      await wait(6 * MINUTE_MS);
    });
    expect(told).toEqual(BOTH);
  });
});

test("pool_saturated: a pool of real workers that all are busy while others wait", async () => {
  const under = new PoolUnderTest({ maxWorkers: 1, spareWorkers: 1 });
  const told = await toldOf("pool_saturated", async ({ home, pass: wait }) => {
    Object.assign(home.parts.pool, { status: () => under.pool.status() });
    const runs = Array.from({ length: 4 }, () => under.shell(["sleep", "60"]));
    await until("a full pool", () => {
      const { busy, waiting } = under.pool.status();
      return busy === 1 && waiting === 3;
    });
    await wait(2 * MINUTE_MS);
    for (const run of runs) run.cancel();
    await Promise.all(runs.map(({ done }) => done));
    await wait(LOOK_MS);
  });
  await under.destroy();
  expect(told).toEqual(BOTH);
});

test("pending_for_ever: a task that no server takes for ten minutes", async () => {
  const told = await toldOf(
    "pending_for_ever",
    async ({ home, pass: wait }) => {
      await home.queue.record(request({ kind: "nobodys" }), PLAIN_TERMS);
      await wait(10 * MINUTE_MS);
      expect(home.store.raw.query("SELECT 1 FROM tasks").all()).toHaveLength(1);
      await wait(MINUTE_MS);
      const holder = holderId("me");
      await home.queue.claim({ queue: "pool", holder, max: 1, leaseMs: null });
      await wait(LOOK_MS);
    },
  );
  expect(told).toEqual(BOTH);
});

test("disk: less room than is good for a home", async () => {
  const told = await toldOf("disk", async ({ home, pass: wait }) => {
    home.room = { ...home.room, freeBytes: 100 * MIB };
    await wait(MINUTE_MS);
    home.room = { ...home.room, freeBytes: 2 * GIB };
    await wait(LOOK_MS);
  });
  expect(told).toEqual(BOTH);
});

test("wal_size: somebody reads and does not end, and the log grows; cut back once it may begin anew", async () => {
  const told = await toldOf(
    "wal_size",
    async ({ home, pass: wait }) => {
      const { raw, commit } = home.store;
      expect(raw.query("PRAGMA journal_size_limit").get()).toEqual({
        journal_size_limit: 32 * MIB,
      });
      raw.run(`PRAGMA journal_size_limit = ${MIB / 4}`);
      raw.run("PRAGMA wal_autocheckpoint = 50");
      const grow = (n: number) =>
        commit.write(() =>
          raw.run("INSERT OR REPLACE INTO meta VALUES ('big', ?)", [
            String(n).repeat(300_000),
          ]),
        );
      using reader = new Database(join(home.parts.home, "flow.db"));
      reader.run("BEGIN");
      reader.query("SELECT count(*) FROM tasks").get();
      for (let n = 0; n < 8; n++) await grow(n);
      await wait(2 * MINUTE_MS);
      reader.run("COMMIT");
      for (let n = 0; n < 3; n++) await grow(n);
      await wait(LOOK_MS);
    },
    { threshold: MIB, clear: MIB / 2 },
  );
  expect(told).toEqual(BOTH);
});

describe("the loop that looks after leases and heartbeats", () => {
  const kills: readonly [
    AlertRuleName,
    (home: WatchedHome) => void,
    (home: WatchedHome) => void,
  ][] = [
    [
      "reaper_late",
      (home) => {
        home.beforeSweep = () => {
          throw new Error("no such table");
        };
      },
      (home) => (home.beforeSweep = () => {}),
    ],
    ["reaper_late", (home) => (home.isStopped = true), (home) => home.goOn()],
    [
      "heartbeat_late",
      (home) => (home.isStopped = true),
      (home) => home.goOn(),
    ],
  ];

  test.each(kills)("%s: broken off, and mended", async (rule, kill, mend) => {
    const told = await toldOf(rule, async ({ home }) => {
      home.keeper.start();
      await pass(home.env, 12_000);
      kill(home);
      await pass(home.env, 12_000);
      mend(home);
      await pass(home.env, 6_000);
    });
    expect(told).toEqual(BOTH);
  });
});

test("dead_instance: a real server that was killed, for ten minutes after it was found", async () => {
  let skewMs = 0;
  const env = { ...bunEnv, now: () => (Date.now() + skewMs) as EpochMs };
  await using home = new WatchedHome(env);
  const reader = new AlertFactsReader(home.parts);
  await using child = Bun.spawn(
    [
      process.execPath,
      join(import.meta.dir, "../store/children/instance-child.ts"),
      home.parts.home,
    ],
    { stdout: "pipe", stderr: "inherit" },
  );
  home.keeper.start();
  const rules = activeRules({ rules: {} });
  let state = NO_ALERTS;
  const look = () => {
    const step = stepAlerts(state, rules, reader.read(), env.mono());
    ({ state } = step);
    return step.changes.filter(({ alert }) => alert.rule === "dead_instance");
  };
  await until("two servers", () => home.instances.alive().length === 2);
  expect(look()).toEqual([]);
  child.kill("SIGKILL");
  const fired = await until("an alert", () => look()[0]);
  expect(fired.alert).toMatchObject({ state: "firing", value: 1 });
  expect(fired.alert.summary).toContain(`(pid ${child.pid}) died`);
  skewMs = 11 * MINUTE_MS;
  expect(look()[0]?.alert.state).toBe("cleared");
});
