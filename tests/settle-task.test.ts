import { describe, expect, test } from "bun:test";
import { BalancerError } from "../flow-balancer/core/errors.ts";
import {
  type Lease,
  PLAIN_TERMS,
  type Settled,
  type Settlement,
  type TaskQueue,
} from "../flow-balancer/core/queue.ts";
import type { Execution, TaskRecord } from "../flow-balancer/core/task.ts";
import type { MonoMs } from "../flow-balancer/core/time.ts";
import { LiveTask, notRun } from "../flow-balancer/live-task.ts";
import { settleTask } from "../flow-balancer/settle-task.ts";
import { wireError } from "../flow-balancer/core/errors.ts";
import { NO_STATES } from "./support/no-states.ts";
import { FakeEnv } from "./support/fake-env.ts";

const ACCEPTED: Settled = { accepted: true, released: [], ended: [] };
const record = {
  id: "task_1",
  kind: "k",
  inputJson: "{}",
  startedAt: null,
} as unknown as TaskRecord;

const FAILURE = notRun(wireError("TASK_THREW", "no"));

/** A queue that refuses so often, how often it was asked, and for what. `leftMs`: until its deadline, ms. */
function refusing(
  times: number,
  { maxAttempts = 1, attempt = 1, leftMs = 0, isCancelled = false } = {},
) {
  const env = new FakeEnv();
  const asked: string[] = [];
  const answer =
    (verb: string) =>
    async (_: Lease, _of: Settlement, holdMs = -1) => {
      asked.push(holdMs < 0 ? verb : `${verb} after ${holdMs}`);
      if (asked.length <= times)
        throw new BalancerError("STORAGE_BUSY", "held");
      return ACCEPTED;
    };
  const queue = {
    settle: answer("settle"),
    retry: answer("retry"),
  } as unknown as TaskQueue;
  const live = new LiveTask(record, { ...PLAIN_TERMS, maxAttempts }, 100);
  live.holds({ id: record.id, attempt, fence: 1 });
  if (leftMs > 0) live.dueBy = leftMs as MonoMs;
  if (isCancelled) live.cancel();
  const budget: string[] = [];
  const retries = {
    ran: (kind: string) => void budget.push(`${kind} ran`),
    holdMs: (kind: string) => (budget.push(`${kind} again`), 90_000),
  };
  const settle = (isClosing: () => boolean, outcome = FAILURE) =>
    settleTask(live, outcome, record, {
      retries,
      queue,
      env,
      isClosing,
      states: NO_STATES,
    });
  return { env, settle, asked, budget };
}

test("a result that cannot be stored is tried again until it is", async () => {
  const { env, settle, asked } = refusing(3);
  const settled = settle(() => false);
  for (let n = 1; n <= 3; n++) {
    while (env.waiting === 0) await Promise.resolve();
    expect(asked).toHaveLength(n);
    env.advance(1_000);
  }
  expect(await settled).toBe(ACCEPTED);
  expect(asked).toEqual(["settle", "settle", "settle", "settle"]);
});

describe("a failure of a task with attempts to spare", () => {
  test("is for the queue to try again, not before there is a token for it, which is taken once", async () => {
    const { env, settle, asked, budget } = refusing(1, { maxAttempts: 2 });
    const settled = settle(() => false);
    while (env.waiting === 0) await Promise.resolve();
    env.advance(1_000);
    await settled;
    expect(asked).toEqual(["retry after 90000", "retry after 90000"]);
    expect(budget).toEqual(["k again"]);
  });

  test("waits no longer than leaves it a try before its deadline", async () => {
    const at = refusing(0, { maxAttempts: 2, leftMs: 60_000 });
    await at.settle(() => false);
    expect(at.asked).toEqual(["retry after 30000"]);
  });

  test("needs no token where it is the last or is wanted no more", async () => {
    for (const more of [{ attempt: 2 }, { isCancelled: true }]) {
      const at = refusing(0, { maxAttempts: 2, ...more });
      await at.settle(() => false);
      expect(at.asked).toEqual(["retry after 0"]);
      expect(at.budget).toEqual([]);
    }
  });
});

test("a first run earns for those that are tried again; a later one does not, nor what never ran", async () => {
  const ran = { ...FAILURE, execution: {} as Execution };
  for (const [attempt, outcome, expected] of [
    [1, ran, ["k ran"]],
    [2, ran, []],
    [1, FAILURE, []],
  ] as const) {
    const { settle, budget } = refusing(0, { attempt });
    await settle(() => false, outcome);
    expect(budget).toEqual([...expected]);
  }
});

test("a server that closes gives up, and says that the task has run", async () => {
  const { settle } = refusing(1);
  const outcome = await settle(() => true).catch((thrown: unknown) => thrown);
  expect(outcome).toMatchObject({ code: "UNKNOWN_OUTCOME", retryable: false });
  expect(String(outcome)).toContain("the task ended failed");
});
