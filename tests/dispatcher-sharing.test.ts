import { describe, expect, test } from "bun:test";
import { wireError } from "../flow-balancer/core/errors.ts";
import { holderId, type TaskId } from "../flow-balancer/core/ids.ts";
import type { TaskQueue } from "../flow-balancer/core/queue.ts";
import type { TaskRequest } from "../flow-balancer/core/task.ts";
import type { SubmitOptions } from "../flow-balancer/core/engine.ts";
import { Consumer } from "../flow-balancer/consumer.ts";
import { Dispatcher } from "../flow-balancer/dispatcher.ts";
import { KindRegistry } from "../flow-balancer/pool/kind-registry.ts";
import type { MultiTierPoolManager } from "../flow-balancer/pool/multi-tier-pool-manager.ts";
import type { PoolOutcome, PoolTask } from "../flow-balancer/pool/pool-task.ts";
import type { FakeEnv } from "./support/fake-env.ts";
import { NO_STATES } from "./support/no-states.ts";
import { newQueue, request } from "./support/queue-under-test.ts";
import { until } from "./support/until.ts";

const COMPLETED: PoolOutcome = {
  result: { status: "completed", valueJson: "1" },
  execution: null,
};
const failed = (code: "TASK_THREW" | "CANCELLED"): PoolOutcome => ({
  result: {
    status: code === "CANCELLED" ? "cancelled" : "failed",
    error: wireError(code, "no"),
    valueJson: null,
  },
  execution: null,
});

/** A server on a store that others share; its pool runs what it is given until told how that ends. */
class Server {
  readonly asked: PoolTask[] = [];
  readonly dispatcher: Dispatcher;
  readonly consumer: Consumer;
  readonly #running = new Map<TaskId, (outcome: PoolOutcome) => void>();

  constructor(env: FakeEnv, queue: TaskQueue, name: string) {
    const holder = holderId(name);
    const pool = {
      run: (task: PoolTask) => {
        this.asked.push(task);
        const { promise, resolve } = Promise.withResolvers<PoolOutcome>();
        this.#running.set(task.id, resolve);
        return { done: promise, cancel: () => resolve(failed("CANCELLED")) };
      },
    } as unknown as MultiTierPoolManager;
    this.dispatcher = new Dispatcher({
      env,
      queue,
      pool,
      kinds: new KindRegistry([], 1_000),
      holder,
      maxOpen: 100,
      maxInputBytes: 1_000,
      maxOutputChars: 100,
      isWatched: () => false,
      onChanged: () => {},
      states: NO_STATES,
      refusal: () => null,
      onReleased: () => this.consumer.nudge(),
      onRoom: () => this.consumer.roomAgain(),
    });
    this.consumer = new Consumer({
      env,
      queue,
      holder,
      kinds: () => ["shell", "script"],
      room: () => 10 - this.dispatcher.held.size,
      adopt: (claimed) => this.dispatcher.adopt(claimed),
      cancel: (id) => this.dispatcher.cancelLive(id),
      changedElsewhere: () => true,
      onChanged: () => this.dispatcher.lookElsewhere(),
      onError: (thrown) => {
        throw thrown;
      },
    });
  }

  submit(more: Partial<TaskRequest> = {}, options: SubmitOptions = {}) {
    return this.dispatcher.submit(
      request({ kind: "script", ...more }),
      options,
    );
  }

  end(id: TaskId, outcome: PoolOutcome): void {
    this.#running.get(id)?.(outcome);
  }
}

function servers() {
  const { env, queue } = newQueue();
  const [one, two] = ["one", "two"].map((name) => new Server(env, queue, name));
  return { env, queue, one: one!, two: two! };
}

describe("a server that lost its tasks while it slept", () => {
  test("stops their work and has its late result refused; the result is the one of whoever took over", async () => {
    const { env, queue, one, two } = servers();
    const { task, done } = await one.submit();
    await queue.reclaim(holderId("one"), { abandon: false });
    two.consumer.nudge();
    await until("the other to run it", () => two.asked.length === 1);
    one.end(task.id, failed("TASK_THREW"));
    await until("it to be given up", () => one.dispatcher.held.size === 0);
    two.end(task.id, COMPLETED);
    await until("its end", async () => {
      env.advance(250);
      return (await queue.get(task.id))?.state === "completed";
    });
    await until("the look", () => {
      env.advance(250);
      return Bun.peek.status(done) !== "pending";
    });
    expect(await done).toMatchObject({ state: "completed" });
  });

  test("runs one of them again if it comes back to it", async () => {
    const { queue, one } = servers();
    const { task, done } = await one.submit();
    const leases = one.dispatcher.held.leases();
    await queue.reclaim(holderId("one"), { abandon: false });
    one.dispatcher.held.lose(leases);
    await until("it to run again", () => one.asked.length === 2);
    one.end(task.id, COMPLETED);
    expect(await done).toMatchObject({ state: "completed", attempt: 1 });
  });

  test("keeps one that it claimed anew before it noticed, and lets go of what it had", async () => {
    const { queue, one } = servers();
    const { task } = await one.submit();
    const leases = one.dispatcher.held.leases();
    await queue.reclaim(holderId("one"), { abandon: false });
    one.consumer.nudge();
    await until("it to run again", () => one.asked.length === 2);
    // Speaks of the old lease.
    one.dispatcher.held.lose(leases);
    one.end(task.id, COMPLETED);
    await until(
      "its end",
      async () => (await queue.get(task.id))?.state === "completed",
    );
    expect(one.dispatcher.held.size).toBe(0);
  });
});

describe("a task", () => {
  test("that another server holds is cancelled there", async () => {
    const { env, queue, one, two } = servers();
    one.consumer.start();
    const { task } = await one.submit();
    const cancelled = two.dispatcher.cancel(task.id);
    await until("it to be told", () => {
      env.advance(250);
      return Bun.peek.status(cancelled) !== "pending";
    });
    expect(await cancelled).toMatchObject({ state: "cancelled" });
    expect(await queue.get(task.id)).toMatchObject({ state: "cancelled" });
    await one.consumer.stop();
  });

  test("that failed and has attempts to spare is tried again after its pause, by whoever has room", async () => {
    const { env, queue, one, two } = servers();
    const { task, done } = await one.submit(
      {},
      { terms: { maxAttempts: 2, backoffMs: 1_000 } },
    );
    one.end(task.id, failed("TASK_THREW"));
    await until("it to be given back", () => one.dispatcher.held.size === 0);
    two.consumer.nudge();
    expect((await queue.sweep()).due).toBe(0);
    env.advance(1_500);
    expect((await queue.sweep()).due).toBe(1);
    two.consumer.nudge();
    await until("the second try", () => two.asked.length === 1);
    expect(two.asked[0]).toMatchObject({ id: task.id, attempt: 2 });
    two.end(task.id, COMPLETED);
    await until("the look", () => {
      env.advance(250);
      return Bun.peek.status(done) !== "pending";
    });
    expect(await done).toMatchObject({ state: "completed" });
  });

  test("of a group runs when the one before has ended", async () => {
    const { one } = servers();
    const group = { key: "deploy", limit: 1 };
    const first = await one.submit({}, { terms: { group } });
    const second = await one.submit({}, { terms: { group } });
    expect(one.asked).toHaveLength(1);
    one.end(first.task.id, COMPLETED);
    await until("the second", () => one.asked.length === 2);
    one.end(second.task.id, COMPLETED);
    expect(await second.done).toMatchObject({ state: "completed" });
  });
});

test("a server that closes leaves what it was told to remember, and ends what its caller waited for", async () => {
  const { queue, one } = servers();
  const shut: PoolOutcome = {
    result: {
      status: "failed",
      error: wireError("SHUTTING_DOWN", "closing"),
      valueJson: null,
    },
    execution: null,
  };
  const kept = await one.submit();
  const awaited = await one.submit({}, { terms: { awaited: true } });
  const told = await one.submit({}, { terms: { awaited: true } });
  await one.dispatcher.told([told.task.id]);
  const closed = one.dispatcher.close();
  for (const { task } of [kept, awaited, told]) one.end(task.id, shut);
  await closed;
  const states = await Promise.all(
    [kept, awaited, told].map(
      async ({ task }) => (await queue.get(task.id))?.state,
    ),
  );
  expect(states).toEqual(["queued", "failed", "queued"]);
});
