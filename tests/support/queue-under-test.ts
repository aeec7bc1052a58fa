/** A queue on a store in memory, and what to put into it. */

import { wireError } from "../../flow-balancer/core/errors.ts";
import type {
  TaskRequest,
  TaskResult,
  TerminalState,
} from "../../flow-balancer/core/task.ts";
import { holderId } from "../../flow-balancer/core/ids.ts";
import { PLAIN_TERMS, type Terms } from "../../flow-balancer/core/queue.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { openStore } from "../../flow-balancer/store/database.ts";
import { FakeEnv } from "./fake-env.ts";

/** Of a task that its recorder holds from the start. */
export const HELD: Terms = { ...PLAIN_TERMS, holder: holderId("me") };

export const newQueue = () => {
  const env = new FakeEnv();
  const store = openStore(":memory:", "normal", env);
  return { env, store, queue: new SqliteQueue(store, env) };
};

export const request = (more: Partial<TaskRequest> = {}): TaskRequest => ({
  kind: "shell",
  inputJson: "{}",
  session: null,
  timeoutMs: null,
  deadlineMs: null,
  priority: 0,
  idempotencyKey: null,
  after: [],
  ...more,
});

export const resultOf = (status: TerminalState, n: number): TaskResult =>
  status === "completed"
    ? { status, valueJson: String(n) }
    : {
        status,
        error: wireError("TASK_THREW", `end ${n}`, "hint"),
        valueJson: n % 2 === 0 ? String(n) : null,
      };
