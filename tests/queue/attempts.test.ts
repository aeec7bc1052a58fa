import { expect, test } from "bun:test";
import { wireError } from "../../flow-balancer/core/errors.ts";
import { holderId } from "../../flow-balancer/core/ids.ts";
import {
  PLAIN_TERMS,
  type Claimed,
  type Settlement,
} from "../../flow-balancer/core/queue.ts";
import {
  HELD,
  newQueue,
  request,
  resultOf,
} from "../support/queue-under-test.ts";

const ME = holderId("me");
const FAILED: Settlement = {
  result: resultOf("failed", 1),
  execution: null,
  startedAt: null,
  output: null,
};

const setUp = () => {
  const at = newQueue();
  return {
    ...at,
    take: async (leaseMs: number | null = null): Promise<Claimed> =>
      (
        await at.queue.claim({ queue: "pool", holder: ME, max: 1, leaseMs })
      )[0]!,
    /** What is kept of tries that did not settle the task. */
    kept: () =>
      at.store.raw
        .query<
          { attempt: number; fence: number; end: string; error: string | null },
          []
        >(`SELECT attempt, fence, "end", error FROM attempts ORDER BY id`)
        .all()
        .map(({ attempt, fence, end, error }) => [
          attempt,
          fence,
          end,
          error === null ? null : JSON.parse(error).message,
        ]),
  };
};

test("every try that did not settle the task is kept: which it was, how it ended, and with what", async () => {
  const { env, queue, take, kept } = setUp();
  await queue.record(request(), {
    ...PLAIN_TERMS,
    maxAttempts: 4,
    backoffMs: 0,
  });
  await queue.release((await take()).lease);
  await queue.retry((await take()).lease, FAILED);
  await take(1_000);
  env.advance(1_000);
  await queue.sweep();
  const third = await take();
  await queue.started(third.lease);
  await queue.reclaim(ME, { abandon: false });
  const last = await take();
  expect(last.lease).toMatchObject({ attempt: 4, fence: 9 });
  await queue.retry(last.lease, FAILED);
  await queue.redrive(last.lease.id);
  expect(kept()).toEqual([
    [1, 1, "released", null],
    [1, 3, "retried", "end 1"],
    [2, 5, "lease_expired", null],
    [3, 7, "holder_died", null],
    [4, 9, "redriven", "end 1"],
  ]);
  expect((await take()).lease).toMatchObject({ attempt: 1, fence: 11 });
});

test("what its dead holder had not started was no try, however often, and leaves no trace", async () => {
  const { queue, take, kept } = setUp();
  await queue.record(request(), HELD);
  for (let deaths = 0; deaths < 5; deaths++) {
    expect(await queue.reclaim(ME, { abandon: false })).toMatchObject({
      requeued: 1,
    });
    expect((await take()).lease).toMatchObject({
      attempt: 1,
      fence: 3 + 2 * deaths,
    });
  }
  expect(kept()).toEqual([]);
});

test("what a dead holder leaves behind says so, in words", async () => {
  const { queue } = setUp();
  const start = async (more: object): Promise<string> => {
    const recorded = await queue.record(request(), { ...HELD, ...more });
    if (!recorded.isNew || recorded.lease === null) throw new Error("not held");
    await queue.started(recorded.lease);
    return recorded.task.id;
  };
  const once = await start({ runsOnce: true });
  const awaited = await start({ awaited: true });
  const unwanted = await start({});
  await queue.cancel(unwanted as never, wireError("CANCELLED", "not now"));
  await queue.reclaim(ME, { abandon: true });
  const message = async (id: string) => {
    const result = (await queue.get(id as never))?.result;
    return result && "error" in result ? result.error.message : null;
  };
  expect(await message(once)).toBe(
    "its holder died while it ran, and it must not run twice: nobody knows how far it came",
  );
  expect(await message(awaited)).toBe(
    "its holder died, and with it the only call that waited for it",
  );
  expect(await message(unwanted)).toBe("not now");
});

test("a holder of many is relieved of all of them in one write", async () => {
  const { queue, store } = setUp();
  await Promise.all(
    Array.from({ length: 1_201 }, () => queue.record(request(), HELD)),
  );
  expect(await queue.reclaim(ME, { abandon: false })).toEqual({
    requeued: 1_201,
    unknown: 0,
    poisoned: 0,
    abandoned: 0,
  });
  expect(await queue.held(ME)).toEqual([]);
  const claimed = await queue.claim({
    queue: "pool",
    holder: ME,
    max: 2_000,
    leaseMs: 1,
  });
  expect(claimed).toHaveLength(1_201);
  expect(
    store.raw
      .query("SELECT count(*) AS n FROM tasks WHERE state = 'running'")
      .get(),
  ).toEqual({ n: 1_201 });
});

test("a sweep with nothing to do takes no lock", async () => {
  const { queue, store, env } = setUp();
  await queue.record(request(), { ...PLAIN_TERMS, delayMs: 10 });
  const begun: string[] = [];
  store.commit.watch({ begun: () => begun.push("begun"), ending: () => {} });
  expect(await queue.sweep()).toEqual({ expired: 0, due: 0 });
  expect(begun).toEqual([]);
  env.advance(10);
  expect(await queue.sweep()).toEqual({ expired: 0, due: 1 });
  expect(begun).toEqual(["begun"]);
});
