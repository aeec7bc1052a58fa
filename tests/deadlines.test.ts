import { describe, expect, test } from "bun:test";
import { BalancerError } from "../flow-balancer/core/errors.ts";
import { Gate } from "../flow-balancer/core/gate.ts";
import type { SubmitOptions } from "../flow-balancer/core/engine.ts";
import { Consumer } from "../flow-balancer/consumer.ts";
import { holderId, type TaskId } from "../flow-balancer/core/ids.ts";
import type { TaskRequest } from "../flow-balancer/core/task.ts";
import { Dispatcher } from "../flow-balancer/dispatcher.ts";
import { KindRegistry } from "../flow-balancer/pool/kind-registry.ts";
import type { MultiTierPoolManager } from "../flow-balancer/pool/multi-tier-pool-manager.ts";
import type { PoolOutcome, PoolTask } from "../flow-balancer/pool/pool-task.ts";
import { NO_STATES } from "./support/no-states.ts";
import { newQueue, request } from "./support/queue-under-test.ts";
import { until } from "./support/until.ts";

const holder = holderId("me");

/** A dispatcher on a real queue, whose pool notes what it was asked and answers when told to. */
function desk(refuse: (task: PoolTask) => BalancerError | null = () => null) {
  const { env, queue } = newQueue();
  const asked: PoolTask[] = [];
  const running = new Map<TaskId, () => void>();
  const pool = {
    run(task: PoolTask) {
      const refusal = refuse(task);
      if (refusal !== null) throw refusal;
      asked.push(task);
      const { promise, resolve } = Promise.withResolvers<PoolOutcome>();
      running.set(task.id, () =>
        resolve({
          result: { status: "completed", valueJson: "1" },
          execution: null,
        }),
      );
      return { done: promise, cancel: () => {} };
    },
  } as unknown as MultiTierPoolManager;
  const dispatcher = new Dispatcher({
    env,
    queue,
    pool,
    kinds: new KindRegistry([], 1_000),
    holder,
    maxOpen: 10,
    maxInputBytes: 100,
    maxOutputChars: 100,
    isWatched: () => false,
    onChanged: () => {},
    states: NO_STATES,
    refusal: () => null,
    onReleased: () => consumer.nudge(),
    onRoom: () => consumer.roomAgain(),
  });
  const consumer = new Consumer({
    env,
    queue,
    holder,
    kinds: () => ["shell"],
    room: () => 1,
    adopt: (claimed) => dispatcher.adopt(claimed),
    cancel: (id) => dispatcher.cancelLive(id),
    changedElsewhere: () => false,
    onChanged: () => {},
    onError: (thrown) => {
      throw thrown;
    },
  });
  const submit = (more: Partial<TaskRequest>, options?: SubmitOptions) =>
    dispatcher.submit(request(more), options);
  const complete = async (id: TaskId) => {
    running.get(id)?.();
    return dispatcher.settled(id, new AbortController().signal);
  };
  return { env, queue, asked, submit, complete };
}

describe("a deadline", () => {
  test("goes to the pool with the task and is kept in its row", async () => {
    const { asked, submit, queue } = desk();
    await submit({});
    const { task } = await submit({ deadlineMs: 500 });
    expect(asked.map(({ deadlineMs }) => deadlineMs)).toEqual([null, 500]);
    expect(await queue.get(task.id)).toMatchObject({ deadlineMs: 500 });
  });

  test("counts from submission: of a task that waits for another, the pool is told the rest", async () => {
    const { env, asked, submit, complete } = desk();
    const parent = await submit({});
    const child = await submit({
      deadlineMs: 500,
      after: [{ id: parent.task.id, on: "success" }],
    });
    env.advance(300);
    await complete(parent.task.id);
    await until("the child's turn", () => asked.length === 2);
    expect(asked.at(-1)).toMatchObject({ id: child.task.id, deadlineMs: 200 });
  });

  test("that passed at a gate ends the task, which never starts, and lets the next one in", async () => {
    const { env, asked, submit, complete } = desk();
    const gate = new Gate(1);
    const first = await submit({}, { gate });
    const late = await submit({ deadlineMs: 500 }, { gate });
    const next = await submit({ deadlineMs: 501 }, { gate });
    env.advance(500);
    await complete(first.task.id);
    expect(await late.done).toMatchObject({
      state: "failed",
      execution: null,
      result: {
        error: {
          code: "DEADLINE_PASSED",
          message: expect.stringContaining("500 ms"),
          hint: expect.any(String),
          retryable: true,
        },
      },
    });
    await until("the next one's turn", () => asked.length === 2);
    await complete(next.task.id);
    expect(asked.map(({ id, deadlineMs }) => [id, deadlineMs])).toEqual([
      [first.task.id, null],
      [next.task.id, 1],
    ]);
  });

  test("is no part of what an idempotency key stands for, as a timeout is not", async () => {
    const { submit } = desk();
    const one = await submit({ idempotencyKey: "k", deadlineMs: 500 });
    const two = await submit({ idempotencyKey: "k", deadlineMs: 900 });
    expect([two.isNew, two.task.id]).toEqual([false, one.task.id]);
  });
});

describe("a task that the pool refuses", () => {
  const refusal = new BalancerError("QUEUE_FULL", "full", {
    hint: "later",
    retryAfterMs: 70,
  });

  test("has ended by the time its submission is answered, and says when to come again", async () => {
    const { submit, queue } = desk(() => refusal);
    const { task, done } = await submit({ deadlineMs: 5 });
    const error = {
      code: "QUEUE_FULL",
      message: "full",
      hint: "later",
      retryable: true,
      retry_after_ms: 70,
    };
    expect(task).toMatchObject({
      state: "failed",
      execution: null,
      result: { status: "failed", error },
    });
    expect(await done).toEqual(task);
    expect((await queue.get(task.id))?.result).toMatchObject({ error });
  });

  test("does not keep others from being taken", async () => {
    const { asked, submit } = desk((task) =>
      task.deadlineMs === 5 ? refusal : null,
    );
    const both = await Promise.all([submit({ deadlineMs: 5 }), submit({})]);
    expect(both.map(({ task }) => task.state)).toEqual(["failed", "queued"]);
    expect(asked).toHaveLength(1);
  });
});
