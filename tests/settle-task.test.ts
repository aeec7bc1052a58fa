import { expect, test } from "bun:test";
import { BalancerError } from "../flow-balancer/core/errors.ts";
import {
  PLAIN_TERMS,
  type Settled,
  type TaskQueue,
} from "../flow-balancer/core/queue.ts";
import type { TaskRecord } from "../flow-balancer/core/task.ts";
import { LiveTask, notRun } from "../flow-balancer/live-task.ts";
import { settleTask } from "../flow-balancer/settle-task.ts";
import { wireError } from "../flow-balancer/core/errors.ts";
import { NO_STATES } from "./support/no-states.ts";
import { FakeEnv } from "./support/fake-env.ts";

const ACCEPTED: Settled = { accepted: true, released: [], ended: [] };
const record = { id: "task_1", startedAt: null } as unknown as TaskRecord;

/** A queue that refuses so often, how often it was asked, and for what. */
function refusing(times: number, maxAttempts = 1) {
  const env = new FakeEnv();
  const asked: string[] = [];
  const answer = (verb: string) => async () => {
    asked.push(verb);
    if (asked.length <= times) throw new BalancerError("STORAGE_BUSY", "held");
    return ACCEPTED;
  };
  const queue = {
    settle: answer("settle"),
    retry: answer("retry"),
  } as unknown as TaskQueue;
  const live = new LiveTask(record, { ...PLAIN_TERMS, maxAttempts }, 100);
  live.holds({ id: record.id, attempt: 1, fence: 1 });
  const outcome = notRun(wireError("TASK_THREW", "no"));
  const settle = (isClosing: () => boolean) =>
    settleTask(live, outcome, record, {
      queue,
      env,
      isClosing,
      states: NO_STATES,
    });
  return { env, settle, asked };
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

test("a failure of a task with attempts to spare is for the queue to try again", async () => {
  const { settle, asked } = refusing(0, 2);
  await settle(() => false);
  expect(asked).toEqual(["retry"]);
});

test("a server that closes gives up, and says that the task has run", async () => {
  const { settle } = refusing(1);
  const outcome = await settle(() => true).catch((thrown: unknown) => thrown);
  expect(outcome).toMatchObject({ code: "UNKNOWN_OUTCOME", retryable: false });
  expect(String(outcome)).toContain("the task ended failed");
});
