import { expect, test } from "bun:test";
import { holderId } from "../../flow-balancer/core/ids.ts";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import {
  HELD,
  newQueue,
  request,
  resultOf,
} from "../support/queue-under-test.ts";

type UnderTest = ReturnType<typeof newQueue>;

const counted = ({ store }: UnderTest): Record<string, number> =>
  Object.fromEntries(
    store.raw
      .query<{ state: string; n: number }, []>(
        "SELECT state, count(*) AS n FROM tasks GROUP BY state",
      )
      .all()
      .map(({ state, n }) => [state, n]),
  );

/** Those that are not 0. */
const tallied = async ({ queue }: UnderTest): Promise<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(await queue.counts()).filter(([, n]) => n !== 0),
  );

const DONE = {
  result: resultOf("completed", 1),
  execution: null,
  startedAt: null,
  output: null,
};

test("a write that is undone is not counted, nor are those counted twice that run again without it", async () => {
  const at = newQueue();
  await at.queue.record(request({ idempotencyKey: "k" }), HELD);
  const results = await Promise.allSettled([
    at.queue.record(request(), HELD),
    at.queue.record(request({ idempotencyKey: "k", inputJson: "[]" }), HELD),
    at.queue.record(request(), HELD),
  ]);
  expect(results.map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  expect(await tallied(at)).toEqual({ queued: 3 });
  expect(counted(at)).toEqual({ queued: 3 });
});

test("a commit that fails takes what it counted with it", async () => {
  const at = newQueue();
  await at.queue.record(request(), HELD);
  // The last statement of the transaction is the one that counts.
  at.store.raw.run(
    "CREATE TEMP TRIGGER no BEFORE UPDATE ON tallies BEGIN SELECT raise(ABORT, 'no'); END",
  );
  expect(await at.queue.record(request(), HELD).catch(({ code }) => code)).toBe(
    "STORAGE_FAILED",
  );
  at.store.raw.run("DROP TRIGGER no");
  await at.queue.record(request(), HELD);
  expect(await tallied(at)).toEqual({ queued: 2 });
  expect(counted(at)).toEqual({ queued: 2 });
});

test("every way of a task is counted, through two queues on one store", async () => {
  const at = newQueue();
  const other = new SqliteQueue(at.store, at.env);
  const group = { key: "g", limit: 2 };
  const free = { ...PLAIN_TERMS, maxAttempts: 2, backoffMs: 5, group };
  const me = holderId("me");
  for (let n = 0; n < 9; n++) await at.queue.record(request(), free);
  const ask = { queue: "pool", holder: me, max: 1 } as const;
  const next = async (leaseMs: number | null) =>
    (await other.claim({ ...ask, leaseMs }))[0]!.lease;
  const same = async (): Promise<void> =>
    expect(await tallied(at)).toEqual(counted(at));

  const first = await next(null);
  const [child] = await at.queue.add([
    {
      id: "task_child" as never,
      request: request({ after: [{ id: first.id, on: "success" }] }),
      terms: PLAIN_TERMS,
    },
  ]);
  await Promise.all([other.started(first), at.queue.started(first)]);
  await same();
  await at.queue.settle(first, { ...DONE, result: resultOf("failed", 1) });
  expect((await at.queue.get(child!.id))?.state).toBe("failed");
  await same();
  expect(await other.redrive(first.id)).toBe(true);
  await same();
  await at.queue.release(await next(1_000));
  await at.queue.retry(await next(1_000), {
    ...DONE,
    result: resultOf("failed", 1),
  });
  await next(1_000);
  await same();
  at.env.advance(1_000);
  expect(await at.queue.sweep()).toEqual({ expired: 1, due: 1 });
  await same();
  const last = await next(null);
  await at.queue.started(last);
  await next(null);
  await other.reclaim(me, { abandon: false });
  await at.queue.cancel(last.id, resultOf("failed", 1) as never);
  await same();
  // The child came back with its parent, and ended with it.
  expect(await tallied(at)).toEqual({ queued: 8, cancelled: 1, failed: 1 });
});
