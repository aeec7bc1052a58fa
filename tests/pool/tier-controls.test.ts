import { expect, test } from "bun:test";
import type { SessionId } from "../../flow-balancer/core/ids.ts";
import { TIERS, type Tier } from "../../flow-balancer/core/tier.ts";
import { TierControls } from "../../flow-balancer/pool/tier-controls.ts";
import { kindOf } from "../model/pool-commands.ts";
import { SimulatedPool, type Watched } from "../support/simulated-pool.ts";

const LONG = { timeoutMs: 10_000_000 };
const of = (session: string, kind = "plain") => ({
  ...LONG,
  session: session as SessionId,
  kind: kindOf(kind),
});

/** A pool with the given spares ready. */
async function ready(spareWorkers: number, maxWorkers = 3) {
  const idleMs = 600_000;
  const it = new SimulatedPool({ spareWorkers, maxWorkers, idleMs });
  it.pool.warm();
  await it.pass(200);
  return it;
}

/** It waits, and these words say why. */
function waits(it: SimulatedPool, task: Watched, words: string): void {
  expect(task.begun).toEqual([]);
  expect(it.pool.tiers.heldBecause(task.id)).toContain(words);
}

test("nothing is held while nothing is controlled", () => {
  const controls = new TierControls();
  expect(controls.isQuiet).toBe(true);
  expect(controls.gate("s", [])).toBeNull();
  const free = { paused: false, draining: false, limit: null };
  expect(controls.all()).toEqual({ hot: free, warm: free, cold: free });
  for (const tier of TIERS) {
    controls.set(tier, { paused: true, limit: 3 });
    controls.set(tier, { limit: 2 });
    expect(controls.of(tier)).toEqual({ ...free, paused: true, limit: 2 });
    controls.set(tier, { paused: false });
    controls.set(tier, { limit: null });
  }
  expect(controls.isQuiet).toBe(true);
});

test("cold paused: no bare worker is used and none started; what is warm goes on", async () => {
  const it = await ready(2);
  const first = it.run(LONG);
  await it.untilBegun(first);
  it.pool.tiers.steer("cold", { paused: true });
  const started = it.workers.length;
  const [second, third] = [it.run(LONG), it.run(LONG)];
  await it.pass(10_000);
  waits(it, second, "the cold tier");
  expect(it.pool.status().controls?.cold.paused).toBe(true);
  first.finish(3);
  await it.untilBegun(second);
  expect(second.worker).toBe(first.worker);
  await it.pass(10_000);
  waits(it, third, "paused: it waits until somebody resumes it");
  expect(it.workers.length).toBeLessThanOrEqual(started);
  it.pool.tiers.steer("cold", { paused: false });
  await it.untilBegun(third);
  expect(it.pool.tiers.heldBecause(third.id)).toBeNull();
});

test("hot paused: tasks of sessions wait in their place, those of none go past them", async () => {
  const it = await ready(1);
  it.pool.tiers.steer("hot", { paused: true });
  const bound = Array.from({ length: 10 }, () => it.run(of("s")));
  const plain = it.run(LONG);
  await it.untilBegun(plain);
  await it.pass(5_000);
  for (const task of bound) waits(it, task, "the hot tier");
  // No worker is started for those that none could take.
  expect(it.workers.length).toBe(2);
  it.pool.tiers.steer("hot", { paused: false });
  await it.untilBegun(bound[0]!);
  await it.untilBegun(bound[1]!);
});

test("a pool says which tasks could begin, and how many wait for a person", async () => {
  const it = await ready(0);
  const { tiers } = it.pool;
  const all = { inSessions: true, inNone: true, stuck: 0 };
  expect(tiers.open).toEqual(all);
  tiers.steer("hot", { paused: true });
  const bound = it.run(of("s"));
  it.run(LONG);
  expect(tiers.open).toEqual({ inSessions: false, inNone: true, stuck: 1 });
  tiers.steer("warm", { limit: 0 });
  expect(tiers.open).toEqual({ inSessions: false, inNone: false, stuck: 2 });
  for (const tier of ["hot", "warm"] as const)
    tiers.steer(tier, { paused: false, limit: null });
  expect(tiers.open).toEqual(all);
  await it.untilBegun(bound);
  // Whoever is there goes on; without anybody nothing could begin.
  tiers.steer("cold", { paused: true });
  expect(tiers.open).toEqual(all);
  for (const tier of TIERS) tiers.steer(tier, { drain: true });
  expect(tiers.open).toMatchObject({ inSessions: false, inNone: false });
});

test("warm paused: tasks of no session wait, a session takes a bare worker", async () => {
  const it = await ready(1);
  const first = it.run(LONG);
  await it.untilBegun(first);
  first.finish(3);
  await it.pass(100);
  it.pool.tiers.steer("warm", { paused: true });
  const plain = it.run(LONG);
  const bound = it.run(of("s"));
  await it.untilBegun(bound);
  expect(bound.worker).not.toBe(first.worker);
  await it.pass(5_000);
  waits(it, plain, "the warm tier");
});

test("a limit of sessions lets an idle one's worker go for another's", async () => {
  const it = await ready(1);
  it.pool.tiers.steer("hot", { limit: 1 });
  const a = it.run(of("a", "script"));
  await it.untilBegun(a);
  const b = it.run(of("b", "script"));
  await it.pass(5_000);
  waits(it, b, "limit allows: 1");
  a.finish(3);
  await it.untilBegun(b);
  expect(it.pool.status().tiers.hot).toBe(1);
});

test("a lowered limit lets idle workers go, the longest unused first, and busy ones once they are done", async () => {
  const it = await ready(0);
  const tasks = [it.run(LONG), it.run(LONG), it.run(LONG)];
  for (const task of tasks) await it.untilBegun(task);
  const [first, second, third] = tasks as [Watched, Watched, Watched];
  second.finish(3);
  await it.pass(10);
  third.finish(3);
  await it.pass(10);
  it.pool.tiers.steer("warm", { limit: 2 });
  await it.pass(10);
  expect(it.workers).not.toContain(second.worker);
  expect(it.workers).toContain(third.worker);
  it.pool.tiers.steer("warm", { limit: 0 });
  await it.pass(10);
  expect(it.workers).toEqual([first.worker]);
  first.finish(3);
  await it.pass(10);
  expect(it.workers).toEqual([]);
});

test("a place that a loading worker frees is used as soon as it has loaded", async () => {
  const it = await ready(0);
  it.pool.tiers.steer("cold", { limit: 1 });
  const first = it.run(LONG);
  await it.pass(45);
  const second = it.run(LONG);
  await it.untilBegun(first);
  // To start takes 40 ms, to load 20.
  await it.pass(100);
  expect(second.begun).toHaveLength(1);
});

test.each([...TIERS])(
  "a drained %s tier ends its workers and is refilled",
  async (tier: Tier) => {
    const it = await ready(1);
    if (tier !== "cold") {
      const task = it.run(tier === "hot" ? of("s", "script") : LONG);
      await it.untilBegun(task);
      await it.pass(100);
      const before = it.workers;
      expect(it.pool.tiers.steer(tier, { drain: true })).toBe(1);
      const next = it.run(tier === "hot" ? of("s", "script") : LONG);
      await it.untilBegun(next);
      expect(next.worker).not.toBe(task.worker);
      expect(it.pool.tiers.control(tier).draining).toBe(true);
      expect(before).toContain(task.worker);
      task.finish(3);
      await it.pass(10);
      expect(task.outcome?.result.status).toBe("completed");
      expect(it.workers).not.toContain(task.worker);
    } else {
      const before = it.workers;
      expect(it.pool.tiers.steer(tier, { drain: true })).toBe(1);
      await it.pass(500);
      expect(it.workers.length).toBe(1);
      expect(it.workers).not.toEqual(before);
    }
    expect(it.pool.tiers.control(tier).draining).toBe(false);
  },
);

test("a killed worker's task runs again on the one that takes its place; there is no such worker afterwards", async () => {
  const it = await ready(0, 1);
  const task = it.run(LONG);
  await it.untilBegun(task);
  const { id } = task.worker;
  expect(it.pool.tiers.kill(id)).toEqual([task.id]);
  await it.untilBegun(task, 2);
  expect(task.worker.id).not.toBe(id);
  expect(() => it.pool.tiers.kill(id)).toThrow("there is no worker");
  task.finish(3);
  await it.pass(100);
  expect(task.outcome?.result.status).toBe("completed");
  // Also one that nobody needs just now.
  const idle = it.workers[0]!;
  expect(it.pool.tiers.kill(idle.id)).toEqual([]);
  await it.pass(500);
  expect(it.workers.map((one) => one.isReady)).toEqual([true]);
  expect(it.workers).not.toContain(idle);
});

test("workers killed while they start count as no failed starts, and no task waits for it", async () => {
  const it = await ready(0, 1);
  const task = it.run(LONG);
  for (let n = 0; n < 5; n++) {
    await it.pass(10);
    const [starting] = it.pool.status().workers;
    expect(starting?.state).toBe("starting");
    it.pool.tiers.kill(starting!.id);
  }
  await it.pass(10);
  expect(it.pool.starts()).toMatchObject({ failed: 0 });
  await it.pass(100);
  expect(task.begun).toHaveLength(1);
});

test("a task is not to blame for a worker that a person killed", async () => {
  const it = await ready(0, 3);
  const tasks = [1, 2, 3].map(() => it.run(LONG));
  for (const task of tasks) await it.untilBegun(task);
  for (const { worker } of tasks) it.pool.tiers.kill(worker.id);
  await it.pass(300);
  // A kind that is suspect would be run one task at a time.
  for (const task of tasks) expect(task.begun).toHaveLength(2);
});

test("one that is on its way out is not killed again: it is replaced once", async () => {
  const it = await ready(1);
  const id = it.pool.status().workers[0]?.id ?? "";
  it.pool.tiers.kill(id);
  expect(() => it.pool.tiers.kill(id)).toThrow("on its way out already");
  await it.pass(500);
  expect(it.workers).toHaveLength(1);
});

test("a worker says since when it is there, what it runs since when, and how busy it was", async () => {
  const it = await ready(0, 1);
  const task = it.run(LONG);
  await it.untilBegun(task);
  const began = it.clock.now();
  await it.pass(30_000);
  const worker = () => it.pool.status().workers[0]!;
  expect(worker()).toMatchObject({ taskKind: "plain" });
  // It is given the task, loads for 20 ms, and begins.
  expect(began - worker().taskSince!).toBeLessThanOrEqual(21);
  expect(worker().busyShare).toBe(1);
  task.finish(3);
  await it.pass(30_000);
  expect(worker()).toMatchObject({ taskSince: null, taskKind: null });
  expect(worker().ageMs).toBeGreaterThan(60_000);
  expect(worker().busyShare!).toBeCloseTo(0.5, 1);
  await it.pass(61_000);
  expect(worker().busyShare).toBe(0);
});
