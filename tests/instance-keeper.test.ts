import { describe, expect, test } from "bun:test";
import { InstancesUnderTest, lease } from "./support/instances-under-test.ts";

/** From a death to its work being back in the queue: a beat. */
const SOON_MS = 600;

async function pair() {
  const world = new InstancesUnderTest();
  const a = world.start("a");
  const b = world.start("b");
  await world.pass(SOON_MS);
  return { world, a, b };
}

const bySource = (world: InstancesUnderTest) =>
  world.reclaims.toSorted((a, b) => (a.from < b.from ? -1 : 1));

describe("an instance", () => {
  test("is registered, holds its lock, beats every 30 s, and says goodbye", async () => {
    const world = new InstancesUnderTest();
    const a = world.start("a");
    expect(world.locks.get(a.id)).toBe("held");
    await world.pass(29_000);
    expect(world.instances.get(a.id)?.heartbeatBoot).toBeLessThan(
      world.env.boot() - 28_000,
    );
    await world.pass(2_000);
    expect(world.instances.get(a.id)?.heartbeatBoot).toBeGreaterThan(
      world.env.boot() - 3_000,
    );
    await a.keeper.close();
    await a.keeper.close();
    expect(world.locks.size).toBe(0);
    expect(world.env.waiting).toBe(0);
    expect(world.instances.get(a.id)?.end).toBe("stopped");
    expect(world.noted()).toEqual(["instance.started a", "instance.stopped a"]);
  });

  test("takes its lock again when somebody removed the file", async () => {
    const { world, a } = await pair();
    world.locks.delete(a.id);
    await world.pass(SOON_MS);
    expect(world.locks.get(a.id)).toBe("held");
    expect(world.reclaims).toEqual([]);
  });

  test("gives back what it holds by the store and knows nothing of, once it is sure", async () => {
    const { world, a } = await pair();
    world.held.set(a.id, [lease("mine"), lease("nobodys"), lease("moving")]);
    a.live = [lease("mine")];
    await world.pass(31_000);
    expect(world.released).toEqual([]);
    a.live = [lease("mine"), lease("moving")];
    const before = a.workCalls;
    await world.pass(31_000);
    expect(world.released).toEqual(["task_nobodys"]);
    expect(a.workCalls).toBeGreaterThan(before);
  });

  test("gives back at its end what it still holds, and nobody takes it for dead", async () => {
    const { world, a, b } = await pair();
    world.held.set(a.id, [lease("t1")]);
    await a.keeper.close();
    await world.pass(SOON_MS);
    expect(world.reclaims).toEqual([{ by: "a", from: a.id, abandon: true }]);
    expect(b.keeper.status().found.dead).toBe(0);
    expect(b.sizes.at(-1)).toBe(8);
  });

  test("that cannot say goodbye keeps its lock, so that the others look after it", async () => {
    const { world, a } = await pair();
    world.beforeReclaim = () => {
      throw new Error("disk full");
    };
    await a.keeper.close();
    expect(a.errors).toEqual(["close: disk full"]);
    expect(world.locks.get(a.id)).toBe("held");
    expect(world.alive()).toContain(a.id);
  });
});

describe("of one that was killed", () => {
  test("the work is back within a second, and it is buried once", async () => {
    const { world, a, b } = await pair();
    world.held.set(a.id, [lease("t1"), lease("t2")]);
    a.die();
    await world.pass(SOON_MS);
    expect(world.reclaims).toEqual([{ by: "b", from: a.id, abandon: false }]);
    expect(b.workCalls).toBe(1);
    expect(b.buried).toEqual([a.id]);
    expect(b.keeper.status().found).toMatchObject({
      dead: 1,
      work: { requeued: 2 },
    });
    expect(world.instances.get(a.id)?.end).toBe("died");
    expect(world.locks.has(a.id)).toBe(false);
    await world.pass(5_000);
    expect(world.reclaims).toHaveLength(1);
    expect(world.noted().filter((it) => it === "instance.died a")).toHaveLength(
      1,
    );
  });

  test("two find it at once and bury it once", async () => {
    const { world, a, b } = await pair();
    const c = world.start("c");
    await world.pass(SOON_MS);
    // Each waits for the other: both are in the middle of it.
    const arrived = Promise.withResolvers<void>();
    world.beforeReclaim = () => {
      if (world.reclaims.length === 2) arrived.resolve();
      return arrived.promise;
    };
    world.held.set(a.id, [lease("t1")]);
    a.die();
    await world.pass(2 * SOON_MS);
    expect(world.reclaims.map(({ by }) => by).toSorted()).toEqual(["b", "c"]);
    const found = [b, c].map(({ keeper }) => keeper.status().found);
    expect(found.map(({ dead }) => dead).toSorted()).toEqual([0, 1]);
    expect(found.map(({ work }) => work.requeued).toSorted()).toEqual([0, 1]);
    expect(world.noted().filter((it) => it === "instance.died a")).toHaveLength(
      1,
    );
  });

  test("the rescue is done again if the rescuer dies after it gave back the work, before it said so", async () => {
    const { world, a, b } = await pair();
    world.beforeReclaim = () => new Promise(() => {});
    a.die();
    await world.pass(SOON_MS);
    expect(world.reclaims).toHaveLength(1);
    b.die();
    world.beforeReclaim = () => {};
    world.start("c");
    await world.pass(SOON_MS);
    expect(world.reclaims.map(({ by }) => by)).toEqual(["b", "c", "c"]);
    expect(bySource(world).map(({ from }) => from)).toEqual([a.id, a.id, b.id]);
    expect(world.locks.size).toBe(1);
  });

  test("what waited for it is given up if it died long ago", async () => {
    const { world, a, b } = await pair();
    a.die();
    b.die();
    await world.pass(100_000);
    world.start("c");
    await world.settle();
    expect(bySource(world)).toEqual([
      { by: "c", from: a.id, abandon: true },
      { by: "c", from: b.id, abandon: true },
    ]);
  });

  test("before it had a row, the lock alone tells", async () => {
    const { world, a, b } = await pair();
    world.store.raw.run("DELETE FROM instances WHERE id = ?", [a.id]);
    a.die();
    await world.pass(SOON_MS);
    expect(world.reclaims).toEqual([{ by: "b", from: a.id, abandon: false }]);
    expect(world.locks.has(a.id)).toBe(false);
    expect(b.errors).toEqual([]);
  });

  test("a rescue that fails is told once and tried until it succeeds, and holds up no other", async () => {
    const { world, a, b } = await pair();
    const c = world.start("c");
    await world.pass(SOON_MS);
    let isFull = true;
    world.beforeReclaim = (from) => {
      if (isFull && from === world.reclaims[0]?.from)
        throw new Error("disk full");
    };
    a.die();
    c.die();
    await world.pass(3_000);
    expect(b.errors).toEqual(["rescue: disk full"]);
    expect(b.keeper.lastBeat().failing).toEqual(["rescue"]);
    expect(world.alive()).toHaveLength(2);
    isFull = false;
    await world.pass(SOON_MS);
    expect(world.alive()).toEqual([b.id]);
    expect(b.keeper.lastBeat().failing).toEqual([]);
  });
});

describe("one that was suspended", () => {
  test("for less than a minute is left alone", async () => {
    const { world, a } = await pair();
    a.suspend();
    await world.pass(55_000);
    expect(world.reclaims).toEqual([]);
    a.live = [lease("t1"), lease("t2")];
    world.held.set(a.id, [lease("t1")]);
    await a.wake();
    expect(a.wakes).toHaveLength(1);
    // Cancelled, or settled by another, meanwhile.
    expect(a.lost).toEqual([["task_t2"]]);
    expect(world.instances.get(a.id)?.heartbeatBoot).toBe(world.env.boot());
    expect(world.noted()).not.toContain("instance.resumed a");
  });

  test("for longer loses its work, keeps what its clients wait for from being given up, and comes back", async () => {
    const { world, a, b } = await pair();
    world.held.set(a.id, [lease("t1"), lease("t2")]);
    a.live = [lease("t1"), lease("t2"), lease("t3")];
    a.suspend();
    await world.pass(100_000);
    // Its clients may go on with it: what they claimed is theirs.
    expect(b.buried).toEqual([]);
    expect(world.reclaims).toEqual([{ by: "b", from: a.id, abandon: false }]);
    expect(world.locks.get(a.id)).toBe("held");
    // One of them is its own again, by another claim.
    world.held.set(a.id, [lease("t2", 3), lease("t3")]);
    await a.wake();
    expect(a.lost).toEqual([["task_t1", "task_t2"]]);
    expect(world.alive()).toEqual(["instance_a", "instance_b"]);
    expect(world.noted().slice(2)).toEqual([
      "instance.died a",
      "instance.resumed a",
    ]);
    await world.pass(5_000);
    expect(a.lost).toHaveLength(1);
    expect(world.reclaims).toHaveLength(1);
    expect(a.keeper.status()).toMatchObject({ wakes: 1 });
  });

  test("and killed before it came back may have claimed on: its lock tells", async () => {
    const { world, a } = await pair();
    a.suspend();
    await world.pass(62_000);
    expect(world.reclaims).toHaveLength(1);
    a.die();
    await world.pass(SOON_MS);
    expect(world.reclaims).toHaveLength(2);
    expect(world.locks.has(a.id)).toBe(false);
    await world.pass(5_000);
    expect(world.reclaims).toHaveLength(2);
  });

  test("with all the others, as by a closed lid, takes nobody for dead", async () => {
    const { world, a, b } = await pair();
    a.suspend();
    b.suspend();
    world.env.advance(3_600_000);
    await a.wake();
    await world.pass(3_000);
    await b.wake();
    await world.pass(10_000);
    expect(world.reclaims).toEqual([]);
    expect(a.wakes).toHaveLength(1);
    expect(b.wakes).toHaveLength(1);
  });

  test("in the middle of a beat judges by when that began", async () => {
    const { world, a, b } = await pair();
    await world.pass(10_000);
    const looking = Promise.withResolvers<void>();
    world.beforeHeld = () => looking.promise;
    a.live = [lease("t1")];
    await a.callDead();
    await world.pass(SOON_MS);
    b.suspend();
    world.env.advance(3_600_000);
    looking.resolve();
    await world.settle();
    await b.wake();
    await world.pass(10_000);
    expect(world.reclaims).toEqual([]);
    expect(a.wakes).toHaveLength(1);
  });

  test("learns that it was called dead also if it never noticed", async () => {
    const { world, a } = await pair();
    a.live = [lease("t1")];
    await a.callDead();
    await world.pass(SOON_MS);
    expect(a.lost).toEqual([["task_t1"]]);
    expect(world.alive()).toContain(a.id);
    expect(a.wakes).toEqual([]);
  });
});
