/** Servers on one store, whose pools run what they are given until a test says how it ends. */

import { wireError } from "../../flow-balancer/core/errors.ts";
import { holderId, type TaskId } from "../../flow-balancer/core/ids.ts";
import type { TaskQueue } from "../../flow-balancer/core/queue.ts";
import type { TaskRequest } from "../../flow-balancer/core/task.ts";
import type { SubmitOptions } from "../../flow-balancer/core/engine.ts";
import { Consumer } from "../../flow-balancer/consumer.ts";
import type { EngineEvent } from "../../flow-balancer/core/events.ts";
import { Dispatcher } from "../../flow-balancer/dispatcher.ts";
import { KindRegistry } from "../../flow-balancer/pool/kind-registry.ts";
import type { MultiTierPoolManager } from "../../flow-balancer/pool/multi-tier-pool-manager.ts";
import type {
  PoolOutcome,
  PoolTask,
} from "../../flow-balancer/pool/pool-task.ts";
import { RetryBudgets } from "../../flow-balancer/retry-budgets.ts";
import type { FakeEnv } from "./fake-env.ts";
import { NO_STATES } from "./no-states.ts";
import { newQueue, request } from "./queue-under-test.ts";

export const COMPLETED: PoolOutcome = {
  result: { status: "completed", valueJson: "1" },
  execution: null,
};
export const failed = (
  code: "TASK_THREW" | "CANCELLED" | "SHUTTING_DOWN",
): PoolOutcome => ({
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
  /** What it told whoever watches. */
  readonly events: EngineEvent[] = [];
  readonly dispatcher: Dispatcher;
  readonly consumer: Consumer;
  readonly #running = new Map<TaskId, (outcome: PoolOutcome) => void>();

  constructor(
    env: FakeEnv,
    queue: TaskQueue,
    name: string,
    seesOthers: boolean,
    retries: RetryBudgets | undefined,
  ) {
    const holder = holderId(name);
    const events = (event: EngineEvent): void => void this.events.push(event);
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
      events,
      isWatched: () => false,
      onChanged: () => {},
      states: NO_STATES,
      refusal: () => null,
      ...(retries && { retries }),
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
      changedElsewhere: () => seesOthers,
      onChanged: () => this.dispatcher.lookElsewhere(),
      events,
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

/** `seesOthers`: each looks at the store with every beat, as if the other had just written. `isBudgeted`: each has budgets for what it tries again. */
export function servers({ seesOthers = true, isBudgeted = false } = {}) {
  const { env, queue } = newQueue();
  const [one, two] = ["one", "two"].map(
    (name) =>
      new Server(
        env,
        queue,
        name,
        seesOthers,
        isBudgeted ? new RetryBudgets(env, () => {}) : undefined,
      ),
  );
  return { env, queue, one: one!, two: two! };
}
