/** Part of the queue's conformance suite: what comes after what. */

import { expect, test } from "bun:test";
import { taskId } from "../../flow-balancer/core/ids.ts";
import {
  isTerminal,
  type DependencyOn,
} from "../../flow-balancer/core/task.ts";
import {
  addGraph,
  ANNE,
  CANCELLED,
  DONE,
  errorOf,
  FAILED,
  finish,
  ids,
  LEASE_MS,
  takenIds,
  takeOne,
  type MakeQueue,
} from "./queue-rig.ts";

const names = (prefix: string, n: number): string[] =>
  Array.from({ length: n }, (_, at) => `${prefix}${at}`);
const all = (parents: readonly string[], on: DependencyOn) =>
  Object.fromEntries(parents.map((parent) => [parent, on]));

export function graphTests(make: MakeQueue): void {
  for (const on of ["success", "finish", "failure"] as const)
    for (const settlement of [DONE, FAILED])
      test(`after ${on}, when the one before ends ${settlement.result.status}`, async () => {
        const rig = make();
        await addGraph(rig, { a: {}, b: { a: on }, c: { b: "finish" } });
        expect(await takenIds(rig, ANNE, { ids: ids("b", "c") })).toEqual([]);
        const settled = await finish(rig, "a", settlement);
        const isDone = settlement === DONE;
        if (on === "finish" || isDone === (on === "success")) {
          expect(settled).toEqual({
            accepted: true,
            released: ids("b"),
            ended: [],
          });
          expect(await takenIds(rig, ANNE)).toEqual(ids("b"));
          return;
        }
        expect(settled).toEqual({
          accepted: true,
          released: ids("c"),
          ended: ids("b"),
        });
        const b = (await rig.queue.get(taskId("b")))!;
        expect(b).toMatchObject({
          state: isDone ? "cancelled" : "failed",
          holder: null,
          startedAt: null,
          settledAt: rig.env.now(),
          execution: null,
        });
        expect(b.result).toMatchObject({
          error: {
            code: "DEPENDENCY_FAILED",
            message: expect.stringContaining(taskId("a")),
          },
        });
        expect(await takenIds(rig, ANNE)).toEqual(ids("c"));
      });

  test("fan-out: all who wait are released in the step in which the one before ends", async () => {
    const rig = make();
    const many = names("n", 100);
    await addGraph(rig, {
      a: {},
      ...Object.fromEntries(many.map((id) => [id, { a: "success" }])),
    });
    const settled = await finish(rig, "a");
    expect(settled.released.toSorted()).toEqual(ids(...many));
    expect(await takenIds(rig, ANNE, { max: 200 })).toHaveLength(100);
  });

  test("fan-in: released once, by the last of those it waits for", async () => {
    const rig = make();
    const many = names("n", 20);
    await addGraph(rig, {
      ...Object.fromEntries(many.map((id) => [id, {}])),
      z: all(many, "success"),
    });
    for (const [at, id] of many.entries())
      expect((await finish(rig, id)).released).toEqual(
        at === 19 ? ids("z") : [],
      );
    expect(await takenIds(rig, ANNE)).toEqual(ids("z"));
  });

  test("fan-in: ended by the first of those it waits for that ends otherwise; the rest goes on", async () => {
    const rig = make();
    await addGraph(rig, { a: {}, b: {}, z: { a: "success", b: "success" } });
    expect(await finish(rig, "a", FAILED)).toEqual({
      accepted: true,
      released: [],
      ended: ids("z"),
    });
    const result = (await rig.queue.get(taskId("z")))!.result;
    expect(await finish(rig, "b", FAILED)).toEqual({
      accepted: true,
      released: [],
      ended: [],
    });
    expect((await rig.queue.get(taskId("z")))!.result).toEqual(result);
  });

  test("a diamond", async () => {
    const rig = make();
    const diamond = {
      a: {},
      b: { a: "success" },
      c: { a: "success" },
      d: { b: "success", c: "success" },
    } as const;
    await addGraph(rig, diamond);
    expect((await finish(rig, "a")).released.toSorted()).toEqual(ids("b", "c"));
    expect((await finish(rig, "b")).released).toEqual([]);
    expect((await finish(rig, "c")).released).toEqual(ids("d"));
    const other = make();
    await addGraph(other, diamond);
    const { ended } = await finish(other, "a", FAILED);
    expect(ended.toSorted()).toEqual(ids("b", "c", "d"));
  });

  test("a chain of 1,000 runs link by link, and ends as a whole when its head fails", async () => {
    const rig = make();
    const chain = names("n", 1_000);
    await addGraph(
      rig,
      Object.fromEntries(
        chain.map((id, at) => [
          id,
          at === 0 ? {} : { [chain[at - 1]!]: "success" },
        ]),
      ),
    );
    expect(
      await takenIds(rig, ANNE, { max: 2_000, ids: ids(...chain.slice(1)) }),
    ).toEqual([]);
    expect((await finish(rig, "n0")).released).toEqual(ids("n1"));
    const { ended } = await finish(rig, "n1", FAILED);
    expect(ended.toSorted()).toEqual(ids(...chain.slice(2)));
    expect(await rig.queue.counts()).toMatchObject({
      queued: 0,
      completed: 1,
      failed: 999,
    });
  });

  test("a settle that is refused releases nothing and ends nothing", async () => {
    const rig = make();
    await addGraph(rig, { a: {}, b: { a: "success" }, c: { a: "failure" } });
    const lease = await takeOne(rig, ANNE, { leaseMs: LEASE_MS });
    rig.env.advance(LEASE_MS);
    await rig.queue.sweep();
    expect((await rig.queue.settle(lease, DONE)).accepted).toBe(false);
    expect(await rig.queue.counts()).toMatchObject({ queued: 3 });
    expect(await takenIds(rig, ANNE, { ids: ids("b", "c") })).toEqual([]);
  });

  test("any end settles what comes after it: a cancel, a lost holder, a lease that ran out", async () => {
    const rig = make();
    const graph = (x: string) =>
      ({
        [x]: {},
        [`${x}-ok`]: { [x]: "success" },
        [`${x}-else`]: { [x]: "failure" },
      }) as const;
    await addGraph(rig, graph("cancel"));
    await addGraph(rig, graph("lost"), { runsOnce: true });
    await addGraph(rig, graph("late"), { runsOnce: true });
    await rig.queue.cancel(taskId("cancel"), CANCELLED);
    await rig.queue.started(await takeOne(rig, ANNE, { ids: ids("lost") }));
    await rig.queue.reclaim(ANNE, { abandon: false });
    await takeOne(rig, ANNE, { ids: ids("late"), leaseMs: LEASE_MS });
    rig.env.advance(LEASE_MS);
    await rig.queue.sweep();
    for (const x of ["cancel", "lost", "late"]) {
      expect(isTerminal((await rig.queue.get(taskId(x)))!.state)).toBe(true);
      expect(await errorOf(rig, taskId(`${x}-ok`))).toBe("DEPENDENCY_FAILED");
    }
    const ready = await takenIds(rig, ANNE);
    expect(ready.toSorted()).toEqual(
      ids("cancel-else", "lost-else", "late-else"),
    );
  });
}
