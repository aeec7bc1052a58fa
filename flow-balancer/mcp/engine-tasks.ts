/** The engine's tasks as MCP's long-running tasks, for both wires. */

import type { Engine } from "../core/engine.ts";
import type { TaskId } from "../core/ids.ts";
import { isTerminal, type TaskRecord } from "../core/task.ts";
import type { TaskSource, TaskView } from "./catalog.ts";
import type { Deps } from "./deps.ts";
import { parseCursor } from "./follow-tools.ts";
import { POLL_AFTER_MS, taskAnswer, taskResult } from "./task-answer.ts";

const PAGE = 50;

export function engineTasks(deps: Deps): TaskSource {
  return {
    async get(taskId) {
      const task = await (await deps.engine()).get(taskId as TaskId);
      return task === null ? null : view(task);
    },
    async cancel(taskId) {
      const engine = await deps.engine();
      const task = await engine.get(taskId as TaskId);
      if (task === null) return false;
      if (!isTerminal(task.state)) await cancelIfOurs(engine, task.id);
      return true;
    },
    // No task of ours asks for input, so there is never one to answer.
    async update(taskId) {
      const task = await (await deps.engine()).get(taskId as TaskId);
      return task !== null;
    },
    async settled(taskId, signal) {
      await (await deps.engine()).settled(taskId as TaskId, signal);
    },
    async list(cursor) {
      const page = await (
        await deps.engine()
      ).list({
        limit: PAGE,
        before: cursor === null ? undefined : parseCursor(cursor),
      });
      return {
        tasks: page.tasks.map(view),
        next: page.next === null ? null : String(page.next),
      };
    },
  };
}

/** Cancelling is a wish on this wire: a task that ended meanwhile, or runs elsewhere, is no error. */
async function cancelIfOurs(engine: Engine, id: TaskId): Promise<void> {
  await engine.cancel(id).catch(() => {});
}

/** A task that failed is `completed` with an `isError` result: `failed` is for protocol errors alone. */
function view(task: TaskRecord): TaskView {
  const times = {
    taskId: task.id,
    createdAt: task.submittedAt,
    updatedAt: task.settledAt ?? task.startedAt ?? task.submittedAt,
    ttlMs: null,
    pollIntervalMs: POLL_AFTER_MS,
  };
  if (!isTerminal(task.state))
    return { ...times, status: "working", statusMessage: task.state };
  if (task.state === "cancelled") return { ...times, status: "cancelled" };
  return {
    ...times,
    status: "completed",
    statusMessage: task.state,
    result: taskResult(taskAnswer(task)),
  };
}
