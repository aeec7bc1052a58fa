import { expect, test } from "bun:test";
import { holderId } from "../flow-balancer/core/ids.ts";
import type { Recorded, TaskQueue } from "../flow-balancer/core/queue.ts";
import type { Effects, TaskRequest } from "../flow-balancer/core/task.ts";
import { Dispatcher } from "../flow-balancer/dispatcher.ts";
import { KindRegistry } from "../flow-balancer/pool/kind-registry.ts";
import type { MultiTierPoolManager } from "../flow-balancer/pool/multi-tier-pool-manager.ts";
import type {
  PoolObserver,
  PoolTask,
} from "../flow-balancer/pool/pool-task.ts";
import { NO_STATES } from "./support/no-states.ts";
import { FakeEnv } from "./support/fake-env.ts";

/** A dispatcher whose tasks start at once and never end, and what it told its queue. */
function starting(effects: Effects) {
  const env = new FakeEnv();
  const told: string[] = [];
  const lease = { id: "task_1", attempt: 1, fence: 1 };
  const queue = {
    record: async () =>
      ({
        isNew: true,
        task: { id: "task_1", kind: "k" },
        lease,
      }) as unknown as Recorded,
    started: async () => told.push("started") > 0,
  } as unknown as TaskQueue;
  const pool = {
    run: (task: PoolTask, observer: PoolObserver) => {
      // As the real one does once it has a worker.
      void task.mayStart?.();
      observer.started?.("cold");
      return { done: new Promise(() => {}), cancel: () => {} };
    },
  } as unknown as MultiTierPoolManager;
  const kind = {
    name: "k",
    path: "/k.ts",
    description: null,
    effects,
    concurrency: null,
    inFlight: 1,
    timeoutMs: null,
    memoryMb: null,
    capabilities: [],
    env: {},
  };
  const dispatcher = new Dispatcher({
    env,
    queue,
    pool,
    kinds: new KindRegistry([kind], 1_000),
    holder: holderId("me"),
    maxOpen: 10,
    maxInputBytes: 100,
    maxOutputChars: 100,
    isWatched: () => false,
    onChanged: () => {},
    states: NO_STATES,
    refusal: () => null,
    onReleased: () => {},
    onRoom: () => {},
  });
  const request = {
    kind: "k",
    inputJson: "{}",
    after: [],
  } as unknown as TaskRequest;
  return { env, told, submit: () => dispatcher.submit(request) };
}

test("a task that must not run twice is written as running before it may start", async () => {
  const { told, submit } = starting("once");
  await submit();
  expect(told).toEqual(["started"]);
});

test("any other is written as running once it has run for 20 ms", async () => {
  const { env, told, submit } = starting("idempotent");
  await submit();
  env.advance(19);
  expect(told).toEqual([]);
  env.advance(1);
  expect(told).toEqual(["started"]);
});
