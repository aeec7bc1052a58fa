import { describe, expect, test } from "bun:test";
import { wireError } from "../../flow-balancer/core/errors.ts";
import { taskId, type SessionId } from "../../flow-balancer/core/ids.ts";
import type { EpochMs } from "../../flow-balancer/core/time.ts";
import type { TaskResult } from "../../flow-balancer/core/task.ts";
import { newQueue, request, resultOf } from "../support/queue-under-test.ts";

describe("the queue", () => {
  test("keeps every field of a task and its execution", async () => {
    const { env, queue } = newQueue();
    const asked = request({
      kind: "k",
      inputJson: '{"ü":"\\u0000"}',
      session: "session_s" as SessionId,
      timeoutMs: 5,
      deadlineMs: 7,
      priority: -3,
      idempotencyKey: "key",
      after: [taskId("one"), taskId("two")],
    });
    const recorded = await queue.record(asked);
    if (!recorded.isNew) throw new Error("not new");
    env.advance(10);
    await queue.started(recorded.lease);
    env.advance(10);
    const execution = {
      tier: "hot",
      worker: "w7",
      waitMs: 0.5,
      startMs: 0,
      runMs: 12.25,
      decision: {
        way: "own_idle",
        predicted: { waitMs: 0, startMs: 0, runMs: 11.5 },
        instead: "spawn",
        insteadMs: 80,
        priceMs: null,
      },
      deaths: 2,
    } as never;
    const result: TaskResult = {
      status: "failed",
      error: wireError("NON_ZERO_EXIT", "m", "h"),
      valueJson: "[1]",
    };
    expect(
      await queue.settle(recorded.lease, {
        result: result,
        execution: execution,
        startedAt: 1_700_000_000_010 as EpochMs,
        output: null,
      }),
    ).toBe(true);
    expect(await queue.get(recorded.lease.id)).toEqual({
      id: recorded.lease.id,
      kind: "k",
      inputJson: asked.inputJson,
      session: "session_s" as SessionId,
      priority: -3,
      timeoutMs: 5,
      deadlineMs: 7,
      after: [taskId("one"), taskId("two")],
      state: "failed",
      attempt: 1,
      submittedAt: 1_700_000_000_000 as EpochMs,
      startedAt: 1_700_000_000_010 as EpochMs,
      settledAt: 1_700_000_000_020 as EpochMs,
      execution,
      result,
    });
  });

  test("reads a decision or a list of tasks that is damaged as none, and the rest as it is", async () => {
    const { queue, store } = newQueue();
    const recorded = await queue.record(request({ after: [taskId("one")] }));
    if (!recorded.isNew) throw new Error("not new");
    await queue.settle(recorded.lease, {
      result: resultOf("completed", 1),
      execution: {
        tier: "cold",
        worker: "w1",
        waitMs: 1,
        startMs: 2,
        runMs: 3,
        decision: null,
      } as never,
      startedAt: null,
      output: null,
    });
    const { id } = recorded.lease;
    const execution = { tier: "cold", runMs: 3, decision: null };
    expect(await queue.get(id)).toMatchObject({ execution });
    for (const damage of ['{"way":', "5", '{"way":"spawn"}', ""]) {
      store.raw.run("UPDATE tasks SET decision = ?, after = ?", [
        damage,
        damage,
      ]);
      const expected = { state: "completed", after: [], execution };
      expect(await queue.get(id)).toMatchObject(expected);
      expect((await queue.list({ limit: 1 })).tasks).toMatchObject([expected]);
    }
  });

  test("two records of one turn with one key are one task", async () => {
    const { queue } = newQueue();
    const asked = request({ idempotencyKey: "k" });
    const [one, two, other] = await Promise.allSettled([
      queue.record(asked),
      queue.record(asked),
      queue.record({ ...asked, inputJson: "[]" }),
    ]);
    expect(
      [one, two].map((it) => it!.status === "fulfilled" && it!.value.isNew),
    ).toEqual([true, false]);
    expect(other).toMatchObject({
      status: "rejected",
      reason: { code: "IDEMPOTENCY_CONFLICT" },
    });
  });

  test("filters by state, session, kind and time, newest first", async () => {
    const { env, queue } = newQueue();
    const ids: string[] = [];
    for (const [kind, session] of [
      ["a", "s1"],
      ["b", "s1"],
      ["a", "s2"],
    ] as const) {
      ids.push(
        (await queue.record(request({ kind, session: session as SessionId })))
          .task.id,
      );
      env.advance(100);
    }
    const list = async (filter: object) =>
      (await queue.list({ limit: 10, ...filter })).tasks.map(({ id }) =>
        ids.indexOf(id),
      );
    expect(await list({})).toEqual([2, 1, 0]);
    expect(await list({ kind: "a" })).toEqual([2, 0]);
    expect(await list({ session: "s1" })).toEqual([1, 0]);
    expect(await list({ session: "s1", kind: "a" })).toEqual([0]);
    expect(await list({ since: 1_700_000_000_100 })).toEqual([2, 1]);
    expect(await list({ state: "running" })).toEqual([]);
    expect(await list({ limit: 2 })).toEqual([2, 1]);
  });

  test("says run times of completed tasks only, newest first", async () => {
    const { queue } = newQueue();
    for (const [n, status] of (
      ["completed", "failed", "completed", "timed_out"] as const
    ).entries()) {
      const recorded = await queue.record(request());
      if (recorded.isNew)
        await queue.settle(recorded.lease, {
          result: resultOf(status, n),
          execution: {
            tier: "cold",
            worker: "w1",
            waitMs: 0,
            startMs: 0,
            runMs: n,
          } as never,
          startedAt: null,
          output: null,
        });
    }
    expect(await queue.runTimes("shell", 10)).toEqual([2, 0]);
    expect(await queue.runTimes("shell", 1)).toEqual([2]);
    expect(await queue.runTimes("other", 10)).toEqual([]);
  });

  test("knows nothing of what is not there", async () => {
    const { queue } = newQueue();
    expect(await queue.get(taskId("nope"))).toBeNull();
    expect(await queue.output(taskId("nope"))).toBeNull();
    expect(
      await queue.started({ id: taskId("nope"), attempt: 1, fence: 1 }),
    ).toBe(false);
    expect(
      await queue.settle(
        { id: taskId("nope"), attempt: 1, fence: 1 },
        {
          result: resultOf("completed", 1),
          execution: null,
          startedAt: null,
          output: null,
        },
      ),
    ).toBe(false);
  });
});
