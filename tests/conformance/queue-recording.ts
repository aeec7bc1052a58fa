/** Part of the queue's conformance suite: what is recorded, once, and what is refused. */

import { expect, test } from "bun:test";
import { sessionId, taskId } from "../../flow-balancer/core/ids.ts";
import { PLAIN_TERMS, type Terms } from "../../flow-balancer/core/queue.ts";
import type { DependencyOn } from "../../flow-balancer/core/task.ts";
import { request } from "../support/queue-under-test.ts";
import {
  addGraph,
  ANNE,
  BEN,
  DONE,
  errorOf,
  FAILED,
  finish,
  hold,
  ids,
  newTask,
  put,
  refusal,
  stateOf,
  takenIds,
  takeOne,
  type MakeQueue,
  type Wish,
} from "./queue-rig.ts";

export function recordingTests(make: MakeQueue): void {
  test("what is recorded is what is read, claimed and listed", async () => {
    const rig = make();
    const asked = request({
      kind: "k",
      inputJson: '{"a":[1,"\\u0000\u{1f600}\'; DROP TABLE tasks; --"]}',
      session: sessionId("s"),
      timeoutMs: 5,
      deadlineMs: 7,
      priority: -3,
    });
    const { task } = await rig.queue.record(asked, PLAIN_TERMS);
    expect(task).toMatchObject({
      ...without(asked, "idempotencyKey"),
      state: "queued",
      holder: null,
      queue: "pool",
      attempt: 0,
      submittedAt: rig.env.now(),
      startedAt: null,
      settledAt: null,
      execution: null,
      result: null,
    });
    expect(await rig.queue.get(task.id)).toEqual(task);
    expect((await rig.queue.list({ limit: 1 })).tasks).toEqual([task]);
    const terms: Terms = {
      ...PLAIN_TERMS,
      queue: "board",
      maxAttempts: 4,
      backoffMs: 77,
      runsOnce: true,
      awaited: true,
      group: { key: "g", limit: 2 },
    };
    const other = await put(rig, { terms });
    const [claimed] = await rig.queue.claim({
      queue: "board",
      holder: BEN,
      max: 1,
      leaseMs: null,
    });
    expect(claimed!.task).toEqual({ ...other, holder: BEN, attempt: 1 });
    expect(claimed!.terms).toMatchObject(without(terms, "holder"));
  });

  test("with a holder in its terms, a task is claimed in the same breath", async () => {
    const rig = make();
    const lease = await hold(rig, ANNE);
    expect(lease.attempt).toBe(1);
    expect(await rig.queue.get(lease.id)).toMatchObject({
      holder: ANNE,
      state: "queued",
      attempt: 1,
    });
    expect(await rig.queue.held(ANNE)).toEqual([lease]);
    expect(await takenIds(rig, BEN)).toEqual([]);
    expect((await rig.queue.settle(lease, DONE)).accepted).toBe(true);
  });

  test("with a holder in its terms, a task that has to wait is held by nobody", async () => {
    const rig = make();
    const first = await hold(rig, ANNE, {
      terms: { group: { key: "g", limit: 1 } },
    });
    const waits: Wish[] = [
      { terms: { holder: ANNE, delayMs: 10 } },
      { terms: { holder: ANNE, group: { key: "g", limit: 1 } } },
      { after: [{ id: first.id, on: "finish" }], terms: { holder: ANNE } },
    ];
    for (const { terms, ...more } of waits) {
      const recorded = await rig.queue.record(request(more), {
        ...PLAIN_TERMS,
        ...terms,
      });
      expect(recorded).toMatchObject({
        isNew: true,
        lease: null,
        task: { holder: null, attempt: 0 },
      });
    }
    expect(await takenIds(rig, BEN)).toEqual([]);
    await rig.queue.settle(first, DONE);
    rig.env.advance(10);
    await rig.queue.sweep();
    expect(await takenIds(rig, BEN)).toHaveLength(3);
  });

  test("an idempotency key names one task, also for two in one turn and after its end", async () => {
    const rig = make();
    const asked = { idempotencyKey: "key", inputJson: '{"a":1}' };
    const [first, second] = await Promise.all([
      put(rig, asked),
      put(rig, asked),
    ]);
    expect(second.id).toBe(first.id);
    const other = await put(rig, { ...asked, idempotencyKey: "other" });
    expect(other.id).not.toBe(first.id);
    const lease = await takeOne(rig, ANNE, { ids: [first.id] });
    await rig.queue.settle(lease, DONE);
    const later = await rig.queue.record(request(asked), {
      ...PLAIN_TERMS,
      holder: BEN,
    });
    expect(later.isNew).toBe(false);
    expect(later.task).toEqual((await rig.queue.get(first.id))!);
    expect(later.task.state).toBe("completed");
    expect(await rig.queue.held(BEN)).toEqual([]);
    expect((await rig.queue.list({ limit: 9 })).tasks).toHaveLength(2);
  });

  test("an idempotency key of another kind or input is a conflict that names the earlier task", async () => {
    const rig = make();
    const { id } = await put(rig, { idempotencyKey: "key" });
    const others = [{ inputJson: '{"b":2}' }, { kind: "script" }];
    for (const other of others) {
      const refused = await refusal(
        put(rig, { idempotencyKey: "key", ...other }),
      );
      expect(refused.code).toBe("IDEMPOTENCY_CONFLICT");
      expect(refused.message).toContain(id);
    }
    // Two in one turn: one of them is there first.
    const both = await Promise.allSettled(
      ["{}", "[]"].map((inputJson) =>
        put(rig, { idempotencyKey: "new", inputJson }),
      ),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual([
      "fulfilled",
      "rejected",
    ]);
    expect((await rig.queue.list({ limit: 9 })).tasks).toHaveLength(2);
  });

  test("parents that have ended already", async () => {
    const rig = make();
    await addGraph(rig, { good: {}, bad: {} });
    await finish(rig, "good");
    await finish(rig, "bad", FAILED);
    const after = async (...of: [string, DependencyOn][]) =>
      (
        await put(rig, {
          after: of.map(([id, on]) => ({ id: taskId(id), on })),
        })
      ).id;
    const runs = [
      await after(["good", "success"]),
      await after(["bad", "failure"], ["good", "finish"]),
    ];
    const ends = [
      await after(["bad", "success"]),
      await after(["good", "finish"], ["bad", "success"]),
    ];
    for (const id of ends)
      expect([await stateOf(rig, id), await errorOf(rig, id)]).toEqual([
        "failed",
        "DEPENDENCY_FAILED",
      ]);
    expect(await stateOf(rig, await after(["good", "failure"]))).toBe(
      "cancelled",
    );
    expect(await takenIds(rig, ANNE)).toEqual(runs);
    // In a graph, what comes after such a one ends with it.
    await rig.queue.add([
      newTask("x", { after: [{ id: taskId("bad"), on: "success" }] }),
      newTask("y", { after: [{ id: taskId("x"), on: "success" }] }),
    ]);
    expect(await errorOf(rig, taskId("y"))).toBe("DEPENDENCY_FAILED");
  });

  test("a graph is answered in its order, whichever way round it is told, and a parent named twice is one", async () => {
    const rig = make();
    const twice = { id: taskId("b"), on: "success" } as const;
    const added = await rig.queue.add([
      newTask("c", { after: [twice, twice] }),
      newTask("b"),
      newTask("a"),
    ]);
    expect(added.map(({ id }) => id)).toEqual([
      taskId("c"),
      taskId("b"),
      taskId("a"),
    ]);
    expect(added).toEqual(
      await Promise.all(
        added.map(async ({ id }) => (await rig.queue.get(id))!),
      ),
    );
    expect((await finish(rig, "b")).released).toEqual(ids("c"));
    expect(await rig.queue.add([])).toEqual([]);
  });

  test("a cycle is refused and shown, and nothing of the graph is recorded", async () => {
    const rig = make();
    const cyclic = await refusal(
      addGraph(rig, {
        before: {},
        "ring-1": { "ring-3": "success", before: "finish" },
        "ring-2": { "ring-1": "finish" },
        "ring-3": { "ring-2": "failure" },
        behind: { "ring-3": "success" },
      }),
    );
    expect(cyclic.code).toBe("DEPENDENCY_CYCLE");
    for (const id of ids("ring-1", "ring-2", "ring-3"))
      expect(cyclic.message).toContain(id);
    for (const id of ids("before", "behind"))
      expect(cyclic.message).not.toContain(id);
    const self = await refusal(addGraph(rig, { a: { a: "success" } }));
    expect([self.code, self.message.includes(taskId("a"))]).toEqual([
      "DEPENDENCY_CYCLE",
      true,
    ]);
    expect((await rig.queue.list({ limit: 9 })).tasks).toEqual([]);
  });

  test("what comes after nothing known, twice the same id, or two ends of one parent are refused whole", async () => {
    const rig = make();
    await addGraph(rig, { a: {} });
    const code = async (asked: Promise<unknown>) => (await refusal(asked)).code;
    expect(
      await code(
        put(rig, { after: [{ id: taskId("nowhere"), on: "success" }] }),
      ),
    ).toBe("NOT_FOUND");
    expect(await code(addGraph(rig, { b: {}, c: { nowhere: "finish" } }))).toBe(
      "NOT_FOUND",
    );
    expect(await code(addGraph(rig, { b: {}, a: {} }))).toBe(
      "INVALID_ARGUMENT",
    );
    expect(await code(rig.queue.add([newTask("b"), newTask("b")]))).toBe(
      "INVALID_ARGUMENT",
    );
    const both = (["success", "failure"] as const).map((on) => ({
      id: taskId("a"),
      on,
    }));
    expect(await code(put(rig, { after: both }))).toBe("INVALID_ARGUMENT");
    expect((await rig.queue.list({ limit: 9 })).tasks).toHaveLength(1);
  });
}

/** All of it but one. */
const without = <T extends object, K extends keyof T>(
  of: T,
  key: K,
): Omit<T, K> =>
  Object.fromEntries(
    Object.entries(of).filter(([name]) => name !== key),
  ) as Omit<T, K>;
