/** A damaged store taken into use as a server would: what it has is looked at through the queue, and it is written on. */

import { Database } from "bun:sqlite";
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { holderId, type TaskId } from "../../flow-balancer/core/ids.ts";
import { TASK_STATES, type TaskState } from "../../flow-balancer/core/task.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import {
  closeStore,
  openStore,
  type Store,
} from "../../flow-balancer/store/database.ts";
import {
  assertSound,
  type DamagedStore,
  type Prefix,
} from "./damaged-store.ts";
import { FakeEnv } from "./fake-env.ts";
import { HELD, request } from "./queue-under-test.ts";

const ME = holderId("me");

/** Throws unless the store opens with exactly what `prefix` says, and takes a new task. The machine may have been restarted. */
export async function assertUsable(
  path: string,
  prefix: Prefix,
  bootId: string,
): Promise<void> {
  const env = new FakeEnv();
  env.bootId = bootId;
  // Ids of its own: those of the writer count from one.
  env.unique = () => Bun.randomUUIDv7();
  const store = openStore(path, "normal", env);
  const queue = new SqliteQueue(store, env);
  await assertHolds(store, queue, prefix);
  const recorded = await queue.record(request(), HELD);
  if (!recorded.isNew || recorded.lease === null) throw new Error("not held");
  await queue.settle(recorded.lease, {
    result: { status: "completed", valueJson: "1" },
    execution: null,
    startedAt: null,
    output: null,
  });
  await assertHolds(store, queue, {
    ...prefix,
    tasks: { ...prefix.tasks, [recorded.task.id]: "completed" },
    outcomes: prefix.outcomes + 1,
  });
  await closeStore(store);
  using closed = new Database(path);
  assertSound(closed);
  const row = closed
    .query<{ state: string }, [string]>("SELECT state FROM tasks WHERE id = ?")
    .get(recorded.task.id);
  expect(row?.state).toBe("completed");
}

async function assertHolds(
  { raw }: Store,
  queue: SqliteQueue,
  prefix: Prefix,
): Promise<void> {
  assertSound(raw);
  const { tasks } = await queue.list({ limit: 1_000 });
  expect(Object.fromEntries(tasks.map(({ id, state }) => [id, state]))).toEqual(
    prefix.tasks,
  );
  // All of each can be read, too.
  for (const { inputJson, result, state } of tasks) {
    JSON.parse(inputJson);
    if (state === "completed")
      expect(result?.status === "completed" && result.valueJson).toBeString();
  }
  expect(await queue.counts()).toEqual(countsOf(prefix));
  const learnt = raw
    .query<{ n: number }, []>("SELECT count(*) AS n FROM outcomes")
    .get();
  expect(learnt?.n).toBe(prefix.outcomes);
}

function countsOf({ tasks }: Prefix): Record<TaskState, number> {
  const states = Object.values(tasks);
  return Object.fromEntries(
    TASK_STATES.map((state) => [
      state,
      states.filter((one) => one === state).length,
    ]),
  ) as Record<TaskState, number>;
}

/** flow.db of the store as it is once its log was copied to it. */
export function closedBytes(store: DamagedStore): Buffer {
  using copy = store.copy();
  const raw = new Database(copy.path);
  raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
  raw.close();
  return readFileSync(copy.path);
}

/** Asks for all that the prefix says is there, and for work; throws what the store throws, and closes it. */
export async function useAll(store: Store, { tasks }: Prefix): Promise<void> {
  try {
    const queue = new SqliteQueue(store, new FakeEnv());
    for (const id of Object.keys(tasks) as TaskId[]) {
      const task = await queue.get(id);
      void [task?.inputJson, task?.result];
      await queue.output(id);
    }
    await queue.list({ limit: 1_000 });
    await queue.counts();
    await queue.claim({ queue: "pool", holder: ME, max: 3, leaseMs: 1_000 });
  } finally {
    await closeStore(store);
  }
}
