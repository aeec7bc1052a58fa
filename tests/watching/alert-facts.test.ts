import { describe, expect, test } from "bun:test";
import { instanceId, workerId } from "../../flow-balancer/core/ids.ts";
import type { Settlement } from "../../flow-balancer/core/queue.ts";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import type { TerminalState } from "../../flow-balancer/core/task.ts";
import type { Tier } from "../../flow-balancer/core/tier.ts";
import { AlertFactsReader } from "../../flow-balancer/watching/alert-facts.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { HELD, request, resultOf } from "../support/queue-under-test.ts";
import { pass, WatchedHome } from "../support/watched-home.ts";

function watched() {
  const home = new WatchedHome(new FakeEnv());
  return { home, env: home.env, reader: new AlertFactsReader(home.parts) };
}

const ended = (
  status: TerminalState,
  more: { tier?: Tier; waitMs?: number } = {},
): Settlement => ({
  result: resultOf(status, 1),
  execution: {
    tier: more.tier ?? "warm",
    worker: workerId(1),
    waitMs: more.waitMs ?? 1,
    startMs: 1,
    runMs: 1,
    beats: false,
  },
  startedAt: null,
  output: null,
});

async function settleTask(
  { queue }: WatchedHome,
  settlement: Settlement,
  kind = "shell",
): Promise<void> {
  const recorded = await queue.record(request({ kind }), HELD);
  if (!recorded.isNew || recorded.lease === null) throw new Error("not held");
  await queue.settle(recorded.lease, settlement);
}

describe("the outcomes of the last minutes", () => {
  test("are summed by how they ended, each once", async () => {
    const { home, env, reader } = watched();
    await using _ = home;
    expect(reader.read().recent).toMatchObject({ ended: 0, waitP95Ms: 0 });
    for (let n = 1; n <= 19; n++)
      await settleTask(home, ended("completed", { waitMs: n }));
    await settleTask(home, ended("failed", { tier: "cold" }), "build");
    await settleTask(home, ended("timed_out", { waitMs: 9_000 }), "build");
    await settleTask(home, ended("failed"), "shell");
    await settleTask(home, ended("cancelled", { tier: "cold" }));
    const expected = {
      windowMs: 300_000,
      ended: 22,
      failed: 3,
      worst: { kind: "build", failed: 2 },
      waited: 23,
      waitP95Ms: 19,
      placed: 23,
      cold: 2,
    };
    expect(reader.read().recent).toEqual(expected);
    expect(reader.read().recent).toEqual(expected);
    env.advance(200_000);
    await settleTask(home, ended("failed"));
    expect(reader.read().recent).toMatchObject({ ended: 23, failed: 4 });
    env.advance(100_001);
    expect(reader.read().recent).toMatchObject({ ended: 1, failed: 1 });
    env.advance(300_000);
    expect(reader.read().recent).toMatchObject({ ended: 0, worst: null });
  });

  test("are the newest 2,000 where there are more", async () => {
    const { home, reader } = watched();
    await using _ = home;
    await settleTask(home, ended("failed"));
    const copy = (times: number) =>
      home.store.raw.run(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${times})
         INSERT INTO outcomes (kind, state, wait_ms, attempt, settled_at)
         SELECT kind, 'completed', i, 1, settled_at FROM outcomes, n WHERE seq = 1`,
      );
    copy(1_500);
    expect(reader.read().recent).toMatchObject({ ended: 1_501, failed: 1 });
    copy(1_500);
    expect(reader.read().recent).toMatchObject({ ended: 2_000, failed: 0 });
    copy(5_000);
    expect(reader.read().recent).toMatchObject({
      ended: 2_000,
      waitP95Ms: 4_900,
    });
  });
});

describe("the oldest task that nobody takes", () => {
  test("is the first to come, whatever its priority; those of the board and those that wait for something are none", async () => {
    const { home, env, reader } = watched();
    await using _ = home;
    const { queue } = home;
    expect(reader.read().oldest).toEqual({ task: null, kind: null, ageMs: 0 });
    await queue.record(request(), { ...PLAIN_TERMS, queue: "board" });
    await queue.record(request(), { ...PLAIN_TERMS, delayMs: 900_000 });
    await queue.record(request(), HELD);
    expect(reader.read().oldest?.task).toBeNull();
    const { task } = await queue.record(
      request({ priority: -5, kind: "deploy" }),
      PLAIN_TERMS,
    );
    env.advance(60_000);
    for (const priority of [9, 0, -5])
      await queue.record(request({ priority }), PLAIN_TERMS);
    env.advance(60_000);
    expect(reader.read().oldest).toEqual({
      task: task.id,
      kind: "deploy",
      ageMs: 120_000,
    });
  });

  test("that came after another counts from when it could run, as far as anybody looked", async () => {
    const { home, env, reader } = watched();
    await using _ = home;
    const { queue } = home;
    const parent = await queue.record(request(), HELD);
    const { task } = await queue.record(
      request({ after: [{ id: parent.task.id, on: "success" }] }),
      PLAIN_TERMS,
    );
    env.advance(3_600_000);
    expect(reader.read().oldest?.task).toBeNull();
    if (parent.isNew) await queue.settle(parent.lease!, ended("completed"));
    expect(reader.read().oldest).toMatchObject({ task: task.id, ageMs: 0 });
    env.advance(5_000);
    expect(reader.read().oldest?.ageMs).toBe(5_000);
  });

  test("is found by seeks on an index, however many wait", () => {
    const { home } = watched();
    const { raw } = home.store;
    // The statement as it is prepared.
    const plans: string[] = [];
    const { prepare } = raw;
    raw.prepare = ((sql: string) => {
      if (/FROM (?:tasks|outcomes)/.test(sql))
        for (const { detail } of raw
          .query<{ detail: string }, []>(
            `EXPLAIN QUERY PLAN ${sql.replaceAll("?", "0")}`,
          )
          .all())
          plans.push(detail);
      return prepare.call(raw, sql);
    }) as typeof prepare;
    void new AlertFactsReader(home.parts);
    raw.prepare = prepare;
    expect(plans.filter((it) => /INDEX|PRIMARY KEY/.test(it))).toHaveLength(6);
    expect(plans.filter((it) => /SCAN (?:tasks|outcomes)/.test(it))).toEqual(
      [],
    );
    raw.close();
  });
});

describe("the servers of the home", () => {
  const other = (home: WatchedHome, name: string) =>
    home.instances.register(
      {
        id: instanceId(name),
        pid: 4_000_000,
        pidStarted: "1",
        transport: "stdio",
        projectRoot: "/p",
        version: "0",
        maxWorkers: 4,
      },
      { wants: 0, share: 4 },
    );

  test("the one that has lived longest leads, as long as it is heard of", async () => {
    const { home, env, reader } = watched();
    await using _ = home;
    await other(home, "zero");
    env.advance(1_000);
    home.keeper.start();
    await pass(env, 1_000);
    expect(reader.leads()).toBe(false);
    await pass(env, 55_000);
    expect(reader.leads()).toBe(false);
    // Silent for a minute.
    await pass(env, 10_000);
    expect(reader.leads()).toBe(true);
    await other(home, "later");
    expect(reader.leads()).toBe(true);
  });

  test("one that died is told of for ten minutes", async () => {
    const { home, env, reader } = watched();
    await using _ = home;
    home.keeper.start();
    await other(home, "gone");
    await pass(env, 61_000);
    expect(reader.read().neighbours).toMatchObject({
      alive: 1,
      silent: [],
      died: [{ id: instanceId("gone"), pid: 4_000_000 }],
    });
    env.advance(600_000);
    expect(reader.read().neighbours?.died).toEqual([]);
  });
});

test("what cannot be read is unknown, and the rest is read all the same", () => {
  const { home } = watched();
  const reader = new AlertFactsReader({
    ...home.parts,
    diskRoom: () => {
      throw new Error("EIO");
    },
  });
  home.store.raw.run("DROP TABLE outcomes");
  expect(reader.read()).toMatchObject({
    recent: null,
    disk: null,
    pool: { busy: 0 },
    wal: { bytes: expect.any(Number) },
  });
  home.store.raw.close();
  expect(reader.leads()).toBe(true);
});
