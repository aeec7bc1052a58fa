/** Part of the queue's conformance suite: who is next, and who has to wait. */

import { expect, test } from "bun:test";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import {
  ANNE,
  BEN,
  DONE,
  FAILED,
  hold,
  ids,
  LEASE_MS,
  newTask,
  put,
  take,
  takenIds,
  takeOne,
  type MakeQueue,
  type QueueRig,
} from "./queue-rig.ts";

const MINUTE_MS = 60_000;

export function claimTests(make: MakeQueue): void {
  test("the highest priority first, and within one first come, first served", async () => {
    const rig = make();
    const order = [0, 5, -5, 5, 0, 10, -10];
    const made: { id: TaskId; priority: number }[] = [];
    for (const priority of order) made.push(await put(rig, { priority }));
    const expected = made
      .toSorted((a, b) => b.priority - a.priority)
      .map(({ id }) => id);
    expect(await takenIds(rig, ANNE, { max: 3 })).toEqual(expected.slice(0, 3));
    expect(await takenIds(rig, BEN, { max: 3 })).toEqual(expected.slice(3, 6));
    expect(await takenIds(rig, ANNE, { max: 0 })).toEqual([]);
    expect(await takenIds(rig, ANNE)).toEqual(expected.slice(6));
  });

  test("each whole minute waited is one step of priority, so that nothing waits for ever", async () => {
    const rig = make();
    const old = await put(rig, { priority: 0 });
    rig.env.advance(2 * MINUTE_MS - 1);
    const young = await put(rig, { priority: 2 });
    // After 1 whole minute it stands at 1, after 2 at 2, and there it is the older one.
    const first = await take(rig, ANNE, { max: 1 });
    expect(first[0]!.task.id).toBe(young.id);
    await rig.queue.release(first[0]!.lease);
    rig.env.advance(1);
    expect(await takenIds(rig, ANNE)).toEqual([old.id, young.id]);
    const lowest = await put(rig, { priority: -10 });
    rig.env.advance(21 * MINUTE_MS);
    const highest = await put(rig, { priority: 10 });
    expect(await takenIds(rig, ANNE)).toEqual([lowest.id, highest.id]);
  });

  test("a task that comes back stands where it stood", async () => {
    const rig = make();
    const first = await put(rig);
    const second = await put(rig);
    await rig.queue.release(await takeOne(rig, ANNE));
    expect(await takenIds(rig, BEN)).toEqual([first.id, second.id]);
  });

  test("of the kinds and tasks asked for only, and of this queue only", async () => {
    const rig = make();
    const a = await put(rig, { kind: "a" });
    const b = await put(rig, { kind: "b", priority: 9 });
    const c = await put(rig, { kind: "c" });
    const board = await put(rig, { kind: "a", terms: { queue: "board" } });
    expect(await takenIds(rig, ANNE, { kinds: [] })).toEqual([]);
    expect(await takenIds(rig, ANNE, { ids: [] })).toEqual([]);
    expect(await takenIds(rig, ANNE, { kinds: ["x"] })).toEqual([]);
    expect(
      await takenIds(rig, ANNE, { kinds: ["a"], ids: [b.id, board.id] }),
    ).toEqual([]);
    expect(await takenIds(rig, ANNE, { kinds: ["a", "c"], max: 1 })).toEqual([
      a.id,
    ]);
    expect(
      await takenIds(rig, ANNE, { ids: [c.id, a.id, b.id], kinds: ["b", "c"] }),
    ).toEqual([b.id, c.id]);
    expect(await takenIds(rig, ANNE)).toEqual([]);
    expect(await takenIds(rig, ANNE, { queue: "board" })).toEqual([board.id]);
  });

  test("a delayed task can be claimed once its time has come and a sweep saw it, and no earlier", async () => {
    const rig = make();
    const { id } = await put(rig, { terms: { delayMs: 1_000 } });
    expect((await rig.queue.get(id))!.state).toBe("queued");
    rig.env.advance(999);
    expect(await rig.queue.sweep()).toEqual({ expired: 0, due: 0 });
    expect(await takenIds(rig, ANNE, { ids: [id] })).toEqual([]);
    rig.env.advance(1);
    expect(await takenIds(rig, ANNE)).toEqual([]);
    expect(await rig.queue.sweep()).toEqual({ expired: 0, due: 1 });
    expect(await rig.queue.sweep()).toEqual({ expired: 0, due: 0 });
    expect(await takenIds(rig, ANNE)).toEqual([id]);
  });

  test("a delay and a parent: whichever is later", async () => {
    const rig = make();
    for (const delayIsLater of [true, false]) {
      const parent = await put(rig);
      const child = await put(rig, {
        after: [{ id: parent.id, on: "success" }],
        terms: { delayMs: 1_000 },
      });
      const pass = async () => {
        rig.env.advance(1_000);
        await rig.queue.sweep();
      };
      if (!delayIsLater) await pass();
      expect(await takenIds(rig, BEN, { ids: [child.id] })).toEqual([]);
      const { released } = await rig.queue.settle(
        await takeOne(rig, ANNE, { ids: [parent.id] }),
        DONE,
      );
      expect(released).toEqual(delayIsLater ? [] : [child.id]);
      if (delayIsLater) {
        expect(await takenIds(rig, BEN)).toEqual([]);
        await pass();
      }
      expect(await takenIds(rig, BEN)).toEqual([child.id]);
    }
  });

  test("of one group at most so many are held: in one claim and over several", async () => {
    const rig = make();
    const group = { key: "g", limit: 2 };
    const made: TaskId[] = [];
    for (let n = 0; n < 5; n += 1)
      made.push((await put(rig, { terms: { group } })).id);
    const other = await put(rig, { priority: -5 });
    // Those that are full stand in nobody's way.
    expect(await takenIds(rig, ANNE)).toEqual([made[0]!, made[1]!, other.id]);
    expect(await takenIds(rig, BEN)).toEqual([]);
    const another = await put(rig, {
      terms: { group: { key: "h", limit: 2 } },
    });
    expect(await takenIds(rig, BEN)).toEqual([another.id]);
    const one = await rig.queue.held(ANNE);
    await rig.queue.settle(one[0]!, FAILED);
    expect(await takenIds(rig, BEN)).toEqual([made[2]!]);
  });

  test("a place in a group is free again however its holder lost it", async () => {
    const group = { key: "g", limit: 1 };
    const held = async ({ queue }: QueueRig) => (await queue.held(ANNE))[0]!;
    const ways: {
      readonly lose: (rig: QueueRig) => Promise<unknown>;
      /** Whether the one that was lost is the next again. */
      readonly isBack: boolean;
    }[] = [
      {
        lose: async (rig) => rig.queue.settle(await held(rig), DONE),
        isBack: false,
      },
      // It comes back after a pause only.
      {
        lose: async (rig) => rig.queue.retry(await held(rig), FAILED),
        isBack: false,
      },
      { lose: async (rig) => rig.queue.release(await held(rig)), isBack: true },
      {
        lose: (rig) => rig.queue.reclaim(ANNE, { abandon: false }),
        isBack: true,
      },
      {
        lose: async ({ env, queue }) => {
          env.advance(LEASE_MS);
          await queue.sweep();
        },
        isBack: true,
      },
    ];
    for (const { lose, isBack } of ways)
      for (const byName of [true, false]) {
        const rig = make();
        const terms = { group, maxAttempts: 2 };
        const first = await put(rig, { terms });
        const second = await put(rig, { terms });
        const mine = await takenIds(rig, ANNE, { leaseMs: LEASE_MS });
        expect(mine).toEqual([first.id]);
        const ask = byName ? { ids: [second.id] } : {};
        expect(await takenIds(rig, BEN, ask)).toEqual([]);
        await lose(rig);
        const next = isBack && !byName ? first : second;
        expect(await takenIds(rig, BEN, ask)).toEqual([next.id]);
      }
  });

  test("a free place in a group is for whoever can use it, whichever task stands first", async () => {
    const rig = make();
    const group = { key: "g", limit: 1 };
    await put(rig, { kind: "a", terms: { group } });
    const ofKind = [
      await put(rig, { kind: "a", priority: 3, terms: { group } }),
      await put(rig, { kind: "b", terms: { group } }),
    ];
    const lease = await takeOne(rig, ANNE, { kinds: ["c", "a"] });
    expect(lease.id).toBe(ofKind[0]!.id);
    expect(await takenIds(rig, BEN)).toEqual([]);
    await rig.queue.settle(lease, DONE);
    // Nobody runs tasks of kind "a" any more.
    expect(await takenIds(rig, BEN, { kinds: ["b"] })).toEqual([ofKind[1]!.id]);
    const other = make();
    const board = { queue: "board", group } as const;
    const held = await hold(other, ANNE, { terms: { group } });
    await put(other, { terms: board });
    const pool = await put(other, { terms: { group } });
    expect(await takenIds(other, BEN)).toEqual([]);
    expect(await takenIds(other, BEN, { queue: "board" })).toEqual([]);
    await other.queue.settle(held, DONE);
    expect(await takenIds(other, BEN)).toEqual([pool.id]);
  });

  test("however many of a group wait, they hide nobody from a claim", async () => {
    const rig = make();
    const terms = { group: { key: "g", limit: 1 } };
    await rig.queue.add(
      Array.from({ length: 1_200 }, (_, n) =>
        newTask(`crowd-${n}`, { priority: 1, terms }),
      ),
    );
    const plain = await put(rig);
    expect(await takenIds(rig, ANNE, { max: 2 })).toEqual([
      ...ids("crowd-0"),
      plain.id,
    ]);
  });

  test("one holder or three, in one turn or not: each task goes to one of them", async () => {
    const rig = make();
    for (let n = 0; n < 30; n += 1) await put(rig);
    const taken = (
      await Promise.all(
        [ANNE, BEN, ANNE, BEN].map((holder) => takenIds(rig, holder)),
      )
    ).flat();
    expect(taken).toHaveLength(30);
    expect(new Set(taken).size).toBe(30);
  });
}
