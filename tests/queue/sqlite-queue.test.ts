import { describe, expect, test } from "bun:test";
import { wireError } from "../../flow-balancer/core/errors.ts";
import {
  holderId,
  taskId,
  type SessionId,
} from "../../flow-balancer/core/ids.ts";
import type { EpochMs } from "../../flow-balancer/core/time.ts";
import type { Lease, Terms } from "../../flow-balancer/core/queue.ts";
import type {
  Dependency,
  TaskRequest,
  TaskResult,
} from "../../flow-balancer/core/task.ts";
import type { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import {
  HELD,
  newQueue,
  request,
  resultOf,
} from "../support/queue-under-test.ts";

/** Holds one from the start. */
async function hold(
  queue: SqliteQueue,
  more: Partial<TaskRequest> = {},
  terms: Terms = HELD,
): Promise<Lease> {
  const recorded = await queue.record(request(more), terms);
  if (!recorded.isNew || recorded.lease === null) throw new Error("not held");
  return recorded.lease;
}

/** Two that have ended well. */
async function parents(
  queue: SqliteQueue,
): Promise<readonly [Dependency, Dependency]> {
  const [one, two] = [await hold(queue), await hold(queue)];
  for (const lease of [one, two])
    await queue.settle(lease, {
      result: resultOf("completed", 1),
      execution: null,
      startedAt: null,
      output: null,
    });
  return [
    { id: one.id, on: "success" },
    { id: two.id, on: "finish" },
  ];
}

describe("the queue", () => {
  test("keeps every field of a task and its execution", async () => {
    const { env, queue } = newQueue();
    const after = await parents(queue);
    const asked = request({
      kind: "k",
      inputJson: '{"ü":"\\u0000"}',
      session: "session_s" as SessionId,
      timeoutMs: 5,
      deadlineMs: 7,
      priority: -3,
      idempotencyKey: "key",
      after,
    });
    const lease = await hold(queue, asked);
    env.advance(10);
    await queue.started(lease);
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
      await queue.settle(lease, {
        result: result,
        execution: execution,
        startedAt: 1_700_000_000_010 as EpochMs,
        output: null,
      }),
    ).toEqual({ accepted: true, released: [], ended: [] });
    expect(await queue.get(lease.id)).toEqual({
      id: lease.id,
      queue: "pool",
      holder: null,
      kind: "k",
      inputJson: asked.inputJson,
      session: "session_s" as SessionId,
      priority: -3,
      timeoutMs: 5,
      deadlineMs: 7,
      after,
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
    const after = await parents(queue);
    const lease = await hold(queue, { after });
    await queue.settle(lease, {
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
    const { id } = lease;
    const execution = { tier: "cold", runMs: 3, decision: null };
    expect(await queue.get(id)).toMatchObject({ execution });
    expect(await queue.get(id)).toMatchObject({ after });
    for (const damage of [
      '{"way":',
      "5",
      '{"way":"spawn"}',
      "",
      "[5,[],[5]]",
    ]) {
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
      queue.record(asked, HELD),
      queue.record(asked, HELD),
      queue.record({ ...asked, inputJson: "[]" }, HELD),
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
      ids.push((await hold(queue, { kind, session: session as SessionId })).id);
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
      await queue.settle(await hold(queue), {
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
    ).toEqual({ accepted: false, released: [], ended: [] });
  });

  test("reads the list of tasks an older version wrote: ids alone, each to succeed", async () => {
    const { queue, store } = newQueue();
    const { id } = await hold(queue);
    store.raw.run("UPDATE tasks SET after = ?", ['["task_a","task_b"]']);
    expect((await queue.get(id))?.after).toEqual([
      { id: taskId("a"), on: "success" },
      { id: taskId("b"), on: "success" },
    ]);
  });

  test("notes each result that came too late, with what it named and what is so", async () => {
    const { queue, store } = newQueue();
    const lease = await hold(queue);
    const end = {
      result: resultOf("completed", 1),
      execution: null,
      startedAt: null,
      output: null,
    };
    const rejected = () =>
      store.raw
        .query<{ task_id: string; holder: string; detail: string }, []>(
          "SELECT task_id, holder, detail FROM events WHERE type = 'result.rejected' ORDER BY seq",
        )
        .all()
        .map(({ detail, ...row }) => ({ ...row, ...JSON.parse(detail) }));
    await queue.release(lease);
    const [claimed] = await queue.claim({
      queue: "pool",
      holder: holderId("other"),
      max: 1,
      leaseMs: 1_000,
    });
    await queue.settle(lease, end);
    await queue.retry(lease, end);
    const late = {
      task_id: lease.id,
      status: "completed",
      fence: 1,
      attempt: 1,
    };
    const now = { state: "running", attempt: 1, fence: 3 };
    const first = { ...late, holder: "other", now };
    expect(rejected()).toEqual([first, first]);
    await queue.settle(claimed!.lease, end);
    await queue.settle(claimed!.lease, end);
    expect(rejected().slice(2)).toEqual([
      { ...late, fence: 3, holder: null, now: { ...now, state: "completed" } },
    ]);
  });
});
