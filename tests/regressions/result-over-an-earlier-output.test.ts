import { expect, test } from "bun:test";
import type { SessionId } from "../../flow-balancer/core/ids.ts";
import { holderId } from "../../flow-balancer/core/ids.ts";
import type { TaskQueue } from "../../flow-balancer/core/queue.ts";
import type { TaskRecord } from "../../flow-balancer/core/task.ts";
import { LiveTask, notRun } from "../../flow-balancer/live-task.ts";
import { settleTask } from "../../flow-balancer/settle-task.ts";
import type { StateKeeping } from "../../flow-balancer/state-keeping.ts";
import { SessionEvents } from "../../flow-balancer/store/session-events.ts";
import { wireError } from "../../flow-balancer/core/errors.ts";
import { FakeEnv } from "../support/fake-env.ts";
import {
  HELD,
  newQueue,
  request,
  resultOf,
} from "../support/queue-under-test.ts";

const SESSION = "session_a" as SessionId;

test("a result is stored though an earlier attempt has left an output", async () => {
  const { env, store, queue } = newQueue();
  const terms = { ...HELD, maxAttempts: 2, backoffMs: 0 };
  const recorded = await queue.record(request(), terms);
  const { id } = recorded.task;
  if (!recorded.isNew || recorded.lease === null) throw new Error("not held");
  const rest = { execution: null, startedAt: null };
  const first = { ...rest, result: resultOf("failed", 1), output: null };
  await queue.retry(recorded.lease, first);
  await new SessionEvents(store, env).refused(id, SESSION, "too late");
  const [again] = await queue.claim({
    queue: "pool",
    holder: holderId("me"),
    max: 1,
    leaseMs: null,
  });
  const output = { text: "hi", bytesSeen: 2, truncated: false };
  const second = { ...rest, result: resultOf("completed", 2), output };
  expect(await queue.settle(again!.lease, second)).toMatchObject({
    accepted: true,
  });
  expect(await queue.output(id)).toEqual(output);
});

test("that a state was not saved is said once its task has ended, not while it is tried again", async () => {
  const said: string[] = [];
  const states = {
    refused: async (_task, _session, why) => void said.push(why),
  } as Pick<StateKeeping, "refused"> as StateKeeping;
  const record = { id: "task_1", session: SESSION } as unknown as TaskRecord;
  const end = async (again: boolean): Promise<void> => {
    const live = new LiveTask(record, { ...HELD, maxAttempts: 2 }, 100);
    live.holds({ id: record.id, attempt: 1, fence: 1 });
    const settled = { accepted: true, released: [], ended: [], again };
    live.stateChange = {
      saveWith: async () => ({ settled, refused: "too late" }),
    } as unknown as NonNullable<LiveTask["stateChange"]>;
    await settleTask(live, notRun(wireError("TASK_THREW", "no")), record, {
      env: new FakeEnv(),
      queue: {} as TaskQueue,
      states,
      isClosing: () => false,
    });
  };
  await end(true);
  expect(said).toEqual([]);
  await end(false);
  expect(said).toEqual(["too late"]);
});
