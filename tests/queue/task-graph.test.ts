import { expect, test } from "bun:test";
import fc from "fast-check";
import { holderId, taskId, type TaskId } from "../../flow-balancer/core/ids.ts";
import { PLAIN_TERMS, type NewTask } from "../../flow-balancer/core/queue.ts";
import type { Dependency } from "../../flow-balancer/core/task.ts";
import type { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { newQueue, request, resultOf } from "../support/queue-under-test.ts";

const newTask = (id: string, after: readonly Dependency[]): NewTask => ({
  id: taskId(id),
  request: request({ after }),
  terms: PLAIN_TERMS,
});
const on = (id: string, how: Dependency["on"] = "success"): Dependency => ({
  id: taskId(id),
  on: how,
});

async function end(
  queue: SqliteQueue,
  id: TaskId,
  status: "completed" | "failed",
) {
  const [claimed] = await queue.claim({
    queue: "pool",
    holder: holderId("me"),
    max: 1,
    leaseMs: null,
    ids: [id],
  });
  return queue.settle(claimed!.lease, {
    result: resultOf(status, 1),
    execution: null,
    startedAt: null,
    output: null,
  });
}

/** Rows that the store keeps of who waits for whom. */
const edges = ({ store }: ReturnType<typeof newQueue>): number =>
  store.raw
    .query<{ n: number }, []>("SELECT count(*) AS n FROM dependencies")
    .get()!.n;

test("a chain of 10,000 ends with its head, and comes back with it", async () => {
  const at = newQueue();
  const names = Array.from({ length: 10_000 }, (_, n) => `${n}`);
  await at.queue.add(
    names.map((name, n) => newTask(name, n === 0 ? [] : [on(`${n - 1}`)])),
  );
  expect(edges(at)).toBe(9_999);
  const { ended } = await end(at.queue, taskId("0"), "failed");
  expect(ended).toEqual(names.slice(1).map(taskId));
  expect((await at.queue.get(taskId("9999")))?.result).toMatchObject({
    status: "failed",
    error: {
      code: "DEPENDENCY_FAILED",
      message: "task_9998, which this task comes after, ended failed",
    },
  });
  expect(await at.queue.redrive(taskId("0"))).toBe(true);
  expect(await at.queue.counts()).toMatchObject({ queued: 10_000, failed: 0 });
  expect(edges(at)).toBe(9_999);
  for (const name of names.slice(0, 3))
    expect((await end(at.queue, taskId(name), "completed")).released).toEqual([
      taskId(`${Number(name) + 1}`),
    ]);
  expect(edges(at)).toBe(9_996);
}, 20_000);

test("one task that 5,000 wait for, and one that waits for 5,000", async () => {
  const at = newQueue();
  const middle = Array.from({ length: 5_000 }, (_, n) => `m${n}`);
  await at.queue.add([
    newTask("first", []),
    ...middle.map((name) => newTask(name, [on("first")])),
    newTask(
      "last",
      middle.map((name) => on(name, "finish")),
    ),
  ]);
  const { released } = await end(at.queue, taskId("first"), "completed");
  expect(released).toEqual(middle.map(taskId));
  const claimed = await at.queue.claim({
    queue: "pool",
    holder: holderId("me"),
    max: 5_000,
    leaseMs: null,
  });
  const settled = await Promise.all(
    claimed.map(({ lease }) =>
      at.queue.settle(lease, {
        result: resultOf("failed", 1),
        execution: null,
        startedAt: null,
        output: null,
      }),
    ),
  );
  expect(settled.flatMap(({ released: ids }) => ids)).toEqual([taskId("last")]);
  expect(edges(at)).toBe(0);
}, 20_000);

test("one that was to follow a failure has nothing to do after a success, and says so", async () => {
  const { queue } = newQueue();
  await queue.add([newTask("a", []), newTask("b", [on("a", "failure")])]);
  expect(await end(queue, taskId("a"), "completed")).toMatchObject({
    released: [],
    ended: [taskId("b")],
  });
  expect((await queue.get(taskId("b")))?.result).toEqual({
    status: "cancelled",
    error: {
      code: "DEPENDENCY_FAILED",
      message: "task_a, which this task was to follow if it failed, completed",
      hint: "There is nothing left for it to do.",
      retryable: false,
    },
    valueJson: null,
  });
});

test("what waits no longer leaves no row behind: cancelled, or ended for another's sake", async () => {
  const at = newQueue();
  await at.queue.add([
    newTask("a", []),
    newTask("b", []),
    newTask("c", [on("a"), on("b")]),
    newTask("d", [on("a"), on("b")]),
  ]);
  const [error] = [
    { code: "CANCELLED", message: "m", retryable: false } as const,
  ];
  expect(await at.queue.cancel(taskId("d"), error)).toBe("cancelled");
  expect(edges(at)).toBe(2);
  await end(at.queue, taskId("b"), "failed");
  // By this one a redrive of b finds c.
  expect(edges(at)).toBe(1);
  await end(at.queue, taskId("a"), "completed");
  expect(await at.queue.redrive(taskId("b"))).toBe(true);
  expect((await end(at.queue, taskId("b"), "completed")).released).toEqual([
    taskId("c"),
  ]);
  expect(edges(at)).toBe(0);
});

test("whatever the graph and however its tasks end, all of them end in the end", async () => {
  const graphs = fc.array(
    fc.array(
      fc.tuple(
        fc.nat(20),
        fc.constantFrom("success", "finish", "failure" as const),
      ),
      {
        maxLength: 3,
      },
    ),
    { minLength: 1, maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(
      graphs,
      fc.infiniteStream(fc.constantFrom("completed", "failed" as const)),
      async (graph, ends) => {
        const at = newQueue();
        const added = await at.queue.add(
          graph.map((parents, n) =>
            newTask(
              `${n}`,
              // Each after some of those before it, once.
              [
                ...new Map(
                  parents.map(([of, how]) => [of % Math.max(1, n), how]),
                ),
              ]
                .filter(([of]) => of < n)
                .map(([of, how]) => on(`${of}`, how)),
            ),
          ),
        );
        for (let left = added.length; left >= 0; left--) {
          const [next] = await at.queue.claim({
            queue: "pool",
            holder: holderId("me"),
            max: 1,
            leaseMs: null,
          });
          if (next === undefined) break;
          await at.queue.settle(next.lease, {
            result: resultOf(ends.next().value, 1),
            execution: null,
            startedAt: null,
            output: null,
          });
        }
        const counts = await at.queue.counts();
        expect([counts.queued, counts.running]).toEqual([0, 0]);
        at.store.raw.close();
      },
    ),
    { numRuns: 40 },
  );
}, 30_000);
