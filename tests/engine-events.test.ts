import { describe, expect, test } from "bun:test";
import { BalancerError } from "../flow-balancer/core/errors.ts";
import { holderId, taskId, workerId } from "../flow-balancer/core/ids.ts";
import type { PoolOutcome } from "../flow-balancer/pool/pool-task.ts";
import { GroupCommit } from "../flow-balancer/store/group-commit.ts";
import {
  commitEvents,
  poolEvents,
} from "../flow-balancer/watching/metrics-sources.ts";
import type { EngineEvent } from "../flow-balancer/core/events.ts";
import { InstancesUnderTest } from "./support/instances-under-test.ts";
import { newQueue, request } from "./support/queue-under-test.ts";
import { COMPLETED, failed, servers } from "./support/sharing-servers.ts";
import { until } from "./support/until.ts";

const RAN: PoolOutcome = {
  ...COMPLETED,
  execution: {
    tier: "warm",
    worker: workerId(1),
    waitMs: 1,
    startMs: 2,
    runMs: 3,
  },
};

describe("of a task", () => {
  test("it is told that it was submitted, and how its attempt ended", async () => {
    const { one } = servers();
    const { task, done } = await one.submit({ timeoutMs: 700 });
    // As the pool does when it begins.
    one.asked[0]?.limits?.();
    one.end(task.id, RAN);
    await done;
    expect(one.events).toEqual([
      { type: "task.submitted", kind: "script" },
      {
        type: "task.settled",
        id: task.id,
        kind: "script",
        state: "completed",
        attempt: 1,
        again: false,
        execution: RAN.execution,
        limitMs: 700,
        limitBasis: "explicit",
        code: null,
      },
    ]);
  });

  test("an attempt after which it is tried again is not its end", async () => {
    const { one } = servers();
    const { task } = await one.submit(
      {},
      { terms: { maxAttempts: 2, backoffMs: 1 } },
    );
    one.end(task.id, failed("TASK_THREW"));
    await until("its end", () => one.events.length === 2);
    expect(one.events[1]).toMatchObject({
      type: "task.settled",
      state: "failed",
      again: true,
      code: "TASK_THREW",
    });
  });

  test("one that never ran had no limit, and one that nobody named a limit for had the default", async () => {
    const { one } = servers();
    const limits = async (begin: boolean) => {
      const { task, done } = await one.submit();
      if (begin) one.asked.at(-1)?.limits?.();
      one.end(task.id, COMPLETED);
      await done;
      return one.events.at(-1);
    };
    expect(await limits(false)).toMatchObject({
      limitMs: null,
      limitBasis: null,
    });
    expect(await limits(true)).toMatchObject({
      limitMs: 1_000,
      limitBasis: "default",
    });
  });

  test("those that are submitted together are told one by one", async () => {
    const { one } = servers();
    const batch = ["a", "b"].map((name) => ({
      id: taskId(name),
      request: request({ kind: name === "a" ? "shell" : "script" }),
    }));
    await one.dispatcher.submitAll(batch);
    expect(one.events.slice(0, 2)).toEqual([
      { type: "task.submitted", kind: "shell" },
      { type: "task.submitted", kind: "script" },
    ]);
  });

  test("one seen before is not submitted again", async () => {
    const { one } = servers();
    await one.submit({ idempotencyKey: "k" });
    await one.submit({ idempotencyKey: "k" });
    expect(one.events).toEqual([{ type: "task.submitted", kind: "script" }]);
  });

  test("one that is refused is told with its code, and nothing else", async () => {
    const { one } = servers();
    const refused = one.submit({ inputJson: "x".repeat(2_000) });
    await expect(refused).rejects.toBeInstanceOf(BalancerError);
    expect(one.events).toEqual([
      { type: "task.refused", code: "PAYLOAD_TOO_LARGE" },
    ]);
  });

  test("a result that came too late is a rejected fence, and its claim by another server a claim", async () => {
    const { queue, one, two } = servers();
    const { task } = await one.submit();
    await queue.reclaim(holderId("one"), { abandon: false });
    two.consumer.nudge();
    await until("the other to run it", () => two.asked.length === 1);
    expect(two.events).toEqual([{ type: "task.claimed", n: 1 }]);
    one.end(task.id, COMPLETED);
    await until("its end", () => one.events.length === 2);
    expect(one.events[1]).toEqual({ type: "fence.rejected" });
  });
});

test("leases that ran out are told as many as there were, and only then", async () => {
  const home = new InstancesUnderTest();
  const member = home.start("a");
  await home.pass(2_000);
  expect(member.events).toEqual([]);
  home.swept = { expired: 3, due: 1 };
  await home.pass(600);
  expect(member.events[0]).toEqual({ type: "lease.expired", n: 3 });
});

test("a commit is told with its writes and its time, and one that waits for a lock as such", async () => {
  const { env, store } = newQueue();
  const events: EngineEvent[] = [];
  const commit = new GroupCommit(store.raw, env);
  commit.watch(commitEvents((event) => events.push(event)));
  await Promise.all([commit.write(() => 1), commit.write(() => 2)]);
  expect(events).toEqual([{ type: "store.committed", ms: 0, writes: 2 }]);
  let isBusy = true;
  const late = commit.write(() => {
    if (isBusy) throw Object.assign(new Error("busy"), { code: "SQLITE_BUSY" });
  });
  await until("a try", () => events.length === 2);
  isBusy = false;
  await until("another", () => {
    env.advance(5);
    return Bun.peek.status(late) !== "pending";
  });
  expect(events.slice(1)).toEqual([
    { type: "store.delayed" },
    { type: "store.committed", ms: 0, writes: 1 },
  ]);
  const refused = commit.write(() => {
    throw Object.assign(new Error("no"), { code: "SQLITE_IOERR" });
  });
  await expect(refused).rejects.toBeInstanceOf(BalancerError);
  expect(events.slice(3)).toEqual([
    { type: "store.refused", code: "STORAGE_FAILED", writes: 1 },
  ]);
});

test("how workers begin and end is told without what only a log wants", () => {
  const events: EngineEvent[] = [];
  const told = poolEvents((event) => events.push(event));
  const death = {
    exitCode: null,
    signal: "SIGKILL",
    lastWords: "",
    leftBehind: 0,
  };
  told({ type: "worker.started", worker: "w-1" });
  told({ type: "worker.exited", worker: "w-1", death });
  told({ type: "worker.start_failed", reason: "no" });
  expect(events).toEqual([
    { type: "worker.started" },
    { type: "worker.exited", exitCode: null },
    { type: "worker.start_failed" },
  ]);
});
