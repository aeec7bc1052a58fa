/** Part of the queue's conformance suite: tasks that are tried again, cancelled, or brought back. */

import { expect, test } from "bun:test";
import { taskId } from "../../flow-balancer/core/ids.ts";
import {
  addGraph,
  ANNE,
  BEN,
  CANCELLED,
  DONE,
  end,
  errorOf,
  FAILED,
  finish,
  hold,
  ids,
  LEASE_MS,
  put,
  stateOf,
  takenIds,
  takeOne,
  type MakeQueue,
  type QueueRig,
} from "./queue-rig.ts";

const YES = { accepted: true, released: [], ended: [] };

/** Moves time on until the task can be claimed; how long that took, ms. */
async function pauseOf(rig: QueueRig, stepMs: number): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += stepMs) {
    if ((await rig.queue.sweep()).due > 0) return waitedMs;
    if (waitedMs > 1_000 * stepMs) throw new Error("it never comes back");
    rig.env.advance(stepMs);
  }
}

export function endTests(make: MakeQueue): void {
  test("a failure is tried again until the attempts are used up; then it is settled", async () => {
    const rig = make();
    const { id } = await put(rig, { terms: { maxAttempts: 3, backoffMs: 0 } });
    await put(rig, { after: [{ id, on: "success" }] });
    for (const attempt of [1, 2]) {
      const lease = await takeOne(rig, ANNE, { leaseMs: LEASE_MS });
      expect(lease.attempt).toBe(attempt);
      expect(await rig.queue.retry(lease, FAILED)).toEqual({
        ...YES,
        again: true,
      });
      expect(await rig.queue.get(id)).toMatchObject({
        state: "queued",
        holder: null,
        startedAt: null,
        settledAt: null,
        result: null,
      });
      expect((await rig.queue.settle(lease, DONE)).accepted).toBe(false);
    }
    const last = await rig.queue.retry(await takeOne(rig, ANNE), FAILED);
    expect(last).toMatchObject({ accepted: true, again: false });
    expect(last.ended).toHaveLength(1);
    expect(await rig.queue.get(id)).toMatchObject({
      state: "failed",
      attempt: 3,
      result: FAILED.result,
    });
  });

  test("the pauses between attempts double, and those that failed together do not come back together", async () => {
    const rig = make();
    for (let doubled = 1; doubled <= 4; doubled *= 2) {
      if (doubled === 1)
        await put(rig, { terms: { maxAttempts: 4, backoffMs: 1_000 } });
      const again = await rig.queue.retry(await takeOne(rig, ANNE), FAILED);
      expect(again).toEqual({ ...YES, again: true });
      expect(await takenIds(rig, ANNE)).toEqual([]);
      const pauseMs = await pauseOf(rig, 10);
      expect(pauseMs).toBeGreaterThanOrEqual(doubled * 1_000);
      expect(pauseMs).toBeLessThanOrEqual(doubled * 1_500 + 10);
    }
    const crowd = make();
    for (let n = 0; n < 20; n += 1)
      await put(crowd, { terms: { maxAttempts: 2, backoffMs: 1_000 } });
    for (let n = 0; n < 20; n += 1)
      await crowd.queue.retry(await takeOne(crowd, ANNE), FAILED);
    const together: number[] = [];
    for (let ms = 0; ms <= 1_500; ms += 10) {
      together.push((await crowd.queue.sweep()).due);
      crowd.env.advance(10);
    }
    expect(together.reduce((sum, due) => sum + due)).toBe(20);
    expect(Math.max(...together)).toBeLessThan(10);
  });

  test("a pause is as long as the one it is told, or its own if that is longer", async () => {
    for (const [backoffMs, holdMs] of [
      [1_000, 20_000],
      [20_000, 1_000],
    ] as const) {
      const rig = make();
      await put(rig, { terms: { maxAttempts: 2, backoffMs } });
      await rig.queue.retry(await takeOne(rig, ANNE), FAILED, holdMs);
      expect(await pauseOf(rig, 100)).toBeWithin(20_000, 30_101);
    }
  });

  test("what completed or is wanted cancelled is not tried again; what is not to run twice is, since its holder knows how it failed", async () => {
    const rig = make();
    const held = (runsOnce = false) =>
      hold(rig, ANNE, { terms: { maxAttempts: 5, backoffMs: 0, runsOnce } });
    const completed = await held();
    expect(await rig.queue.retry(completed, DONE)).toEqual({
      ...YES,
      again: false,
    });
    const unwanted = await held();
    await rig.queue.cancel(unwanted.id, CANCELLED);
    expect(await rig.queue.retry(unwanted, end("cancelled"))).toEqual({
      ...YES,
      again: false,
    });
    const ran = await held(true);
    await rig.queue.started(ran);
    expect(await rig.queue.retry(ran, FAILED)).toEqual({
      ...YES,
      again: true,
    });
    const states = await Promise.all(
      [completed, unwanted, ran].map(({ id }) => stateOf(rig, id)),
    );
    expect(states).toEqual(["completed", "cancelled", "queued"]);
  });

  test("cancelling: at once if nobody holds it, by its holder if somebody does, never if it has ended", async () => {
    const rig = make();
    expect(await rig.queue.cancel(taskId("nowhere"), CANCELLED)).toBe(null);
    const { id } = await put(rig);
    expect(await rig.queue.cancel(id, CANCELLED)).toBe("cancelled");
    expect((await rig.queue.get(id))!).toMatchObject({
      state: "cancelled",
      result: { error: CANCELLED },
    });
    expect(await rig.queue.cancel(id, CANCELLED)).toBe("ended");
    const lease = await hold(rig, ANNE);
    expect(await rig.queue.cancel(lease.id, CANCELLED)).toBe("asked");
    expect(await rig.queue.cancel(lease.id, CANCELLED)).toBe("asked");
    expect(await rig.queue.cancelAsked(ANNE)).toEqual([lease.id]);
    expect(await rig.queue.cancelAsked(BEN)).toEqual([]);
    expect(await rig.queue.extend([lease], LEASE_MS)).toEqual(["cancel"]);
    // The holder may have been done before it heard of it.
    expect(await rig.queue.settle(lease, DONE)).toEqual(YES);
    expect(await stateOf(rig, lease.id)).toBe("completed");
    expect(await rig.queue.cancelAsked(ANNE)).toEqual([]);
  });

  test("a task that is wanted cancelled ends so, however its holder loses it", async () => {
    const ways: ((rig: QueueRig) => Promise<unknown>)[] = [
      async (rig) =>
        expect(await rig.queue.release((await rig.queue.held(ANNE))[0]!)).toBe(
          true,
        ),
      async (rig) =>
        expect(await rig.queue.reclaim(ANNE, { abandon: false })).toMatchObject(
          { requeued: 0, abandoned: 1 },
        ),
      async (rig) => {
        rig.env.advance(LEASE_MS);
        expect((await rig.queue.sweep()).expired).toBe(1);
      },
    ];
    for (const lose of ways) {
      const rig = make();
      await addGraph(rig, { a: {}, b: { a: "failure" } });
      await takeOne(rig, ANNE, { leaseMs: LEASE_MS });
      await rig.queue.cancel(taskId("a"), CANCELLED);
      await lose(rig);
      expect([
        await stateOf(rig, taskId("a")),
        await errorOf(rig, taskId("a")),
      ]).toEqual(["cancelled", "CANCELLED"]);
      expect(await rig.queue.held(ANNE)).toEqual([]);
      expect(await takenIds(rig, BEN)).toEqual(ids("b"));
    }
  });

  test("a redriven task starts anew, and with it comes what ended for its sake", async () => {
    const rig = make();
    await addGraph(
      rig,
      {
        a: {},
        b: { a: "success" },
        c: { b: "success" },
        d: { b: "failure" },
        e: { a: "finish" },
      },
      { maxAttempts: 2, backoffMs: 0 },
    );
    const first = await takeOne(rig, ANNE, { ids: ids("a") });
    await rig.queue.retry(first, FAILED);
    const second = await takeOne(rig, ANNE, { ids: ids("a") });
    const failed = await rig.queue.retry(second, {
      ...FAILED,
      output: { text: "x", bytesSeen: 1, truncated: false },
    });
    expect(failed.ended.toSorted()).toEqual(ids("b", "c"));
    expect(failed.released.toSorted()).toEqual(ids("d", "e"));
    expect(await rig.queue.output(taskId("a"))).toMatchObject({ text: "x" });
    await finish(rig, "e");
    expect(await rig.queue.redrive(taskId("a"))).toBe(true);
    expect(await rig.queue.get(taskId("a"))).toMatchObject({
      state: "queued",
      holder: null,
      attempt: 0,
      startedAt: null,
      settledAt: null,
      execution: null,
      result: null,
    });
    expect(await rig.queue.output(taskId("a"))).toBe(null);
    expect(await rig.queue.redrive(taskId("a"))).toBe(false);
    for (const id of ids("b", "c"))
      expect(await rig.queue.get(id)).toMatchObject({
        state: "queued",
        settledAt: null,
        result: null,
      });
    // What had been released stays so.
    expect(await takenIds(rig, ANNE)).toEqual(ids("a", "d"));
    const a = (await rig.queue.held(ANNE)).find(({ id }) => id === taskId("a"));
    expect(await rig.queue.retry(a!, FAILED)).toMatchObject({ again: true });
    expect((await finish(rig, "a")).released).toEqual(ids("b"));
    expect((await finish(rig, "b")).released).toEqual(ids("c"));
    expect(await stateOf(rig, taskId("e"))).toBe("completed");
  });

  test("what was redriven is known to whoever did it, and is not given up with the call that waited for it", async () => {
    const rig = make();
    const lease = await hold(rig, ANNE, { terms: { awaited: true } });
    await rig.queue.settle(lease, FAILED);
    expect(await rig.queue.redrive(lease.id)).toBe(true);
    await takeOne(rig, ANNE);
    expect(await rig.queue.reclaim(ANNE, { abandon: true })).toMatchObject({
      requeued: 1,
      abandoned: 0,
    });
  });

  test("an attempt whose output was stored keeps no later one from being settled", async () => {
    const rig = make();
    const printed = { text: "x", bytesSeen: 1, truncated: false };
    const lease = await hold(rig, ANNE);
    await rig.queue.settle(lease, { ...FAILED, output: printed });
    await rig.queue.redrive(lease.id);
    const again = await takeOne(rig, ANNE);
    const second = { text: "yy", bytesSeen: 2, truncated: false };
    await rig.queue.settle(again, { ...DONE, output: second });
    expect(await rig.queue.output(lease.id)).toEqual(second);
  });

  test("only what ended otherwise than completed is redriven, and only if nothing it comes after forbids it", async () => {
    const rig = make();
    await addGraph(rig, {
      a: {},
      b: {},
      c: { a: "success", b: "success" },
      ok: {},
    });
    expect(await rig.queue.redrive(taskId("nowhere"))).toBe(false);
    expect(await rig.queue.redrive(taskId("ok"))).toBe(false);
    await finish(rig, "ok");
    expect(await rig.queue.redrive(taskId("ok"))).toBe(false);
    await finish(rig, "a", FAILED);
    await finish(rig, "b", FAILED);
    expect(await rig.queue.redrive(taskId("c"))).toBe(false);
    expect(await rig.queue.redrive(taskId("a"))).toBe(true);
    expect(await stateOf(rig, taskId("c"))).toBe("failed");
    expect(await rig.queue.redrive(taskId("b"))).toBe(true);
    expect(await stateOf(rig, taskId("c"))).toBe("queued");
    await finish(rig, "a");
    expect((await finish(rig, "b")).released).toEqual(ids("c"));
  });
}
