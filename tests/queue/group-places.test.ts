import { expect, test } from "bun:test";
import fc from "fast-check";
import { wireError } from "../../flow-balancer/core/errors.ts";
import { holderId, type TaskId } from "../../flow-balancer/core/ids.ts";
import { PLAIN_TERMS, type Lease } from "../../flow-balancer/core/queue.ts";
import { newQueue, request, resultOf } from "../support/queue-under-test.ts";

const ME = holderId("me");
const CANCELLED = wireError("CANCELLED", "unwanted");

const setUp = () => {
  const { queue, store, env } = newQueue();
  return {
    env,
    store,
    queue,
    put: async (key: string | null, limit = 1, priority = 0): Promise<TaskId> =>
      (
        await queue.record(request({ priority }), {
          ...PLAIN_TERMS,
          group: key === null ? null : { key, limit },
        })
      ).task.id,
    take: async (max = 1): Promise<readonly Lease[]> =>
      (
        await queue.claim({ queue: "pool", holder: ME, max, leaseMs: null })
      ).map(({ lease }) => lease),
    settle: (lease: Lease) =>
      queue.settle(lease, {
        result: resultOf("completed", 1),
        execution: null,
        startedAt: null,
        output: null,
      }),
    /** Of a group's tasks, those that a claim would look at. */
    inSight: () =>
      store.raw
        .query<{ n: number }, []>(
          "SELECT count(*) AS n FROM tasks INDEXED BY tasks_ready WHERE state = 'queued' AND holder IS NULL AND pending = 0 AND due_boot IS NULL AND queue = 'pool'",
        )
        .get()!.n,
  };
};

test("what has no place is looked at once, and then no more, however much of it there is", async () => {
  const { put, take, settle, inSight } = setUp();
  const ids: TaskId[] = [];
  for (let n = 0; n < 300; n++) ids.push(await put("g"));
  const free = await put(null);
  // As many as there are places.
  expect(inSight()).toBe(2);
  const [first, second] = await take(5);
  expect([first?.id, second?.id]).toEqual([ids[0], free]);
  expect(inSight()).toBe(0);
  // Once the group is full, what comes is not even looked at.
  ids.push(await put("g"));
  expect(inSight()).toBe(0);
  await settle(first!);
  expect(inSight()).toBe(1);
  expect((await take(5)).map(({ id }) => id)).toEqual([ids[1]!]);
});

test("a place goes to the most urgent of the group: by priority, and who waited long rises", async () => {
  const { env, put, take, settle } = setUp();
  const [holder] = [await put("g"), ...(await take())].slice(1) as [Lease];
  const low = await put("g", 1, -2);
  env.advance(3 * 60_000);
  const high = await put("g", 1, 0);
  const highest = await put("g", 1, 5);
  const order: TaskId[] = [];
  for (let lease: Lease | undefined = holder; lease; [lease] = await take()) {
    order.push(lease.id);
    await settle(lease);
  }
  expect(order.slice(1)).toEqual([highest, low, high]);
});

test("a place that is given back, or left for a pause, is free at once", async () => {
  const { queue, put, take } = setUp();
  const group = { key: "g", limit: 1 };
  await queue.record(request(), { ...PLAIN_TERMS, maxAttempts: 2, group });
  const [first] = await take();
  const waits = await put("g", 1, 5);
  expect(await take()).toEqual([]);
  await queue.release(first!);
  const [second] = await take();
  expect(second?.id).toBe(waits);
  await queue.release(second!);
  await queue.cancel(waits, CANCELLED);
  const [again] = await take();
  expect(again?.id).toBe(first!.id);
  const next = await put("g");
  expect(await take()).toEqual([]);
  await queue.retry(again!, {
    result: resultOf("failed", 1),
    execution: null,
    startedAt: null,
    output: null,
  });
  expect((await take()).map(({ id }) => id)).toEqual([next]);
});

test("more than a claim may look at in one go does not hide what is behind it for ever", async () => {
  const { put, take, inSight, store } = setUp();
  await store.commit.write(() =>
    store.raw.run(
      `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 9000)
       INSERT INTO tasks (id, kind, input, priority, state, attempt, fence, submitted_at, group_key, group_limit)
       SELECT 'task_n' || x, 'shell', '{}', 0, 'queued', 0, 0, 1, 'g', 1 FROM n`,
    ),
  );
  const free = await put(null);
  await take();
  expect(await take()).toEqual([]);
  // It left about half to the next.
  expect(inSight()).toBeGreaterThan(4_000);
  const found: TaskId[] = [];
  for (let claims = 0; claims < 3 && found.length === 0; claims++)
    found.push(...(await take()).map(({ id }) => id));
  expect(found).toEqual([free]);
});

test("whatever is done to them, no limit is passed, and nobody waits beside a free place", async () => {
  const step = fc.oneof(
    fc.tuple(
      fc.constant("put" as const),
      fc.nat(2),
      fc.integer({ min: -2, max: 2 }),
    ),
    fc.tuple(
      fc.constantFrom(
        "take",
        "settle",
        "release",
        "retry",
        "cancel",
        "reclaim",
        "redrive" as const,
      ),
      fc.nat(9),
      fc.constant(0),
    ),
  );
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: "max" }),
      async (steps) => {
        const { env, queue, put, take, settle } = setUp();
        const limits = [1, 2, 3];
        const held: Lease[] = [];
        const all: TaskId[] = [];
        for (const [what, n, priority] of steps) {
          const lease = held[n % Math.max(1, held.length)];
          const id = all[n % Math.max(1, all.length)];
          if (what === "put") all.push(await put(`g${n}`, limits[n], priority));
          else if (what === "take") {
            const got = await take(n);
            taken += got.length;
            held.push(...got);
          } else if (what === "reclaim") {
            await queue.reclaim(ME, { abandon: false });
            held.length = 0;
          } else if (what === "cancel" && id !== undefined)
            await queue.cancel(id, CANCELLED);
          else if (what === "redrive" && id !== undefined)
            await queue.redrive(id);
          else if (lease !== undefined) {
            held.splice(held.indexOf(lease), 1);
            if (what === "settle") await settle(lease);
            else if (what === "release") await queue.release(lease);
            else
              await queue.retry(lease, {
                result: resultOf("failed", 1),
                execution: null,
                startedAt: null,
                output: null,
              });
          }
          env.advance(1_000);
        }
        const open = (await queue.list({ limit: 99, state: "queued" })).tasks;
        const now = await queue.held(ME);
        held.splice(0, held.length, ...now);
        // Everything that is left can be worked off, a claim at a time, within the limits.
        let left = open.length;
        for (let round = 0; left > 0 && round < 99; round++) {
          held.push(...(await take(99)));
          const rows = await Promise.all(held.map(({ id }) => queue.get(id)));
          expect(rows.every((row) => row?.holder === ME)).toBe(true);
          expect(held.length).toBeGreaterThan(0);
          expect(held.length).toBeLessThanOrEqual(1 + 2 + 3);
          for (const lease of held.splice(0)) {
            await settle(lease);
            left--;
          }
        }
        expect(left).toBe(0);
      },
    ),
    { numRuns: 40 },
  );
  expect(taken).toBeGreaterThan(100);
}, 30_000);
