/** How instances share the machine, and what is to be seen of their beats. */

import { describe, expect, test } from "bun:test";
import { InstancesUnderTest } from "./support/instances-under-test.ts";

const SOON_MS = 600;
/** Demand counts for so long after it fell. */
const PEAK_MS = 6_000;

describe("the share of the machine", () => {
  test("of one alone is everything, and its pool is not touched", async () => {
    const world = new InstancesUnderTest();
    const a = world.start("a");
    await world.pass(5_000);
    expect(a.sizes).toEqual([]);
    expect(world.instances.get(a.id)).toMatchObject({ wants: 0, share: 8 });
  });

  test("is half each of two, and everything again when the other goes or dies", async () => {
    const world = new InstancesUnderTest();
    const a = world.start("a");
    const b = world.start("b");
    await world.pass(2 * SOON_MS);
    expect([a.sizes, b.sizes]).toEqual([[4], [4]]);
    expect(world.instances.get(a.id)?.share).toBe(4);
    await b.keeper.close();
    await world.pass(SOON_MS);
    expect(a.sizes).toEqual([4, 8]);
    const c = world.start("c");
    await world.pass(SOON_MS);
    expect(a.sizes).toEqual([4, 8, 4]);
    c.die();
    await world.pass(SOON_MS);
    expect(a.sizes).toEqual([4, 8, 4, 8]);
  });

  test("follows the work: at once to who has some, and not away in a short pause", async () => {
    const world = new InstancesUnderTest();
    const a = world.start("a");
    const b = world.start("b");
    await world.pass(SOON_MS);
    a.demand = 20;
    await world.pass(2 * SOON_MS);
    expect(world.instances.get(a.id)).toMatchObject({ wants: 8, share: 7 });
    expect([a.sizes.at(-1), b.sizes.at(-1)]).toEqual([7, 1]);
    a.demand = 0;
    await world.pass(2_000);
    expect(a.sizes.at(-1)).toBe(7);
    a.demand = 20;
    await world.pass(SOON_MS);
    a.demand = 0;
    await world.pass(PEAK_MS);
    expect([a.sizes.at(-1), b.sizes.at(-1)]).toEqual([4, 4]);
    expect(world.instances.get(a.id)?.wants).toBe(0);
  });

  test("in all is never more than there is, once everybody has looked", async () => {
    const world = new InstancesUnderTest();
    const all = ["a", "b", "c", "d", "e"].map((name) => world.start(name));
    const chance = [3, 0, 9, 1, 30, 2, 0, 5, 8, 4];
    for (const [round, demand] of chance.entries()) {
      for (const [index, member] of all.entries())
        member.demand = (demand * (index + 1)) % 11;
      await world.pass(PEAK_MS);
      const shares = all.map(({ sizes }) => sizes.at(-1) ?? NaN);
      expect([round, shares.reduce((a, b) => a + b)]).toEqual([round, 8]);
    }
  });

  test("is of the largest pool, and nobody gets more than its own", async () => {
    const world = new InstancesUnderTest();
    const a = world.start("a", 2);
    const b = world.start("b", 12);
    a.demand = 9;
    b.demand = 40;
    await world.pass(2 * SOON_MS);
    expect(world.instances.get(a.id)).toMatchObject({ wants: 2, share: 2 });
    expect([a.sizes.at(-1), b.sizes.at(-1)]).toEqual([undefined, 10]);
  });

  test("a quiet store is written to with heartbeats only", async () => {
    const world = new InstancesUnderTest();
    const a = world.start("a");
    const b = world.start("b");
    a.demand = 3;
    await world.pass(5_000);
    const changes = () =>
      world.store.raw
        .query<{ n: number }, []>("SELECT total_changes() AS n")
        .get()?.n ?? NaN;
    const before = changes();
    await world.pass(59_000);
    expect(changes() - before).toBe(4);
    expect([a, b].flatMap(({ errors }) => errors)).toEqual([]);
  });

  test("with a store that cannot be read, nobody takes what others have", async () => {
    const world = new InstancesUnderTest();
    const a = world.start("a");
    world.start("b");
    await world.pass(2 * SOON_MS);
    world.store.raw.run("ALTER TABLE instances RENAME TO away");
    await world.pass(5_000);
    expect(a.sizes).toEqual([4]);
    expect(a.errors.length).toBeGreaterThan(0);
    world.store.raw.run("ALTER TABLE away RENAME TO instances");
    await world.pass(SOON_MS);
    expect(a.keeper.lastBeat().failing).toEqual([]);
  });
});

describe("the beats", () => {
  test("go on after a failure, which is told once", async () => {
    const world = new InstancesUnderTest();
    const a = world.start("a");
    let sweeps = 0;
    world.beforeSweep = () => {
      if (++sweeps <= 3) throw new Error("busy");
    };
    await world.pass(1_200);
    expect(a.errors).toEqual(["sweep: busy"]);
    expect(a.keeper.lastBeat().failing).toEqual(["sweep"]);
    await world.pass(1_200);
    expect(sweeps).toBeGreaterThan(4);
    expect(a.keeper.lastBeat().failing).toEqual([]);
    expect(a.keeper.lastBeat().ageMs).toBeLessThan(SOON_MS);
  });

  test("sweep, and say so when that brought something to claim", async () => {
    const world = new InstancesUnderTest();
    const a = world.start("a");
    await world.pass(SOON_MS);
    expect(a.workCalls).toBe(0);
    world.swept = { expired: 0, due: 1 };
    await world.pass(SOON_MS);
    expect(a.workCalls).toBeGreaterThan(0);
  });

  test("of several do not fall together", async () => {
    const world = new InstancesUnderTest();
    for (const name of ["a", "b", "c", "d", "e"]) world.start(name);
    await world.pass(3_000, 5);
    const moments = new Set<number>();
    world.beforeSweep = () => void moments.add(world.env.mono());
    await world.pass(SOON_MS, 5);
    expect(moments.size).toBeGreaterThan(3);
  });

  test("are to be seen, and so are all instances", async () => {
    const world = new InstancesUnderTest();
    const a = world.start("a");
    const b = world.start("b");
    a.demand = 3;
    await world.pass(2_000);
    const { self, alive, wakes, found, lastBeat } = a.keeper.status();
    expect(self).toBe(a.id);
    expect(alive.toSorted((x, y) => (x.id < y.id ? -1 : 1))).toMatchObject([
      { id: a.id, wants: 3, share: 4, maxWorkers: 8, transport: "stdio" },
      { id: b.id, wants: 0, share: 4 },
    ]);
    for (const { heartbeatAgeMs } of alive)
      expect(heartbeatAgeMs).toBeWithin(0, 2_001);
    expect({ wakes, dead: found.dead }).toEqual({ wakes: 0, dead: 0 });
    expect(lastBeat.ageMs).toBeWithin(0, 551);
  });
});
