/**
 * tasks/* over one TaskSource: the extension io.modelcontextprotocol/tasks for modern clients, the 2025-11-25 core
 * methods for legacy ones. A connection serves the one or the other, by its era.
 */

import {
  ProtocolError,
  ProtocolErrorCode,
  RELATED_TASK_META_KEY,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { declaredTasks } from "./call-context.ts";
import type { TaskSource, TaskView } from "./catalog.ts";
import { asProtocolError, invalidParams } from "./refusal.ts";
import { handle, type Params, type Serving } from "./serving.ts";
import {
  detailedTask,
  legacyTask,
  missingTasksExtension,
  unknownTask,
} from "./task-wire.ts";

/** Long enough for a cancelled task to say so, short enough for the client that waits for it. */
const CANCEL_WAIT_MS = 2_000;

export function serveTasks(serving: Serving): void {
  const { tasks } = serving.compiled.catalog;
  if (tasks === undefined) return;
  if (serving.era === "modern") serveExtension(serving, tasks);
  else serveLegacy(serving, tasks);
}

function serveExtension({ server }: Serving, tasks: TaskSource): void {
  const on = (
    method: string,
    answer: (taskId: string, sdk: ServerContext) => Promise<object>,
  ): void =>
    handle(server, method, (params, sdk) => {
      if (!declaredTasks(sdk))
        throw missingTasksExtension(`${method} belongs to an extension`);
      return refusing(() => answer(taskIdOf(params), sdk));
    });
  on("tasks/get", async (taskId) => detailedTask(await found(tasks, taskId)));
  // The SDK takes inputResponses out of the parameters of every request, this one's too.
  on("tasks/update", async (taskId, sdk) => {
    if (!(await tasks.update(taskId, sdk.mcpReq.inputResponses ?? {})))
      throw unknownTask(taskId);
    return {};
  });
  on("tasks/cancel", async (taskId) => {
    if (!(await tasks.cancel(taskId))) throw unknownTask(taskId);
    return {};
  });
}

function serveLegacy(serving: Serving, tasks: TaskSource): void {
  const on = (
    method: string,
    answer: (params: Params, sdk: ServerContext) => Promise<object>,
  ): void =>
    handle(serving.server, method, (params, sdk) =>
      refusing(() => answer(params, sdk)),
    );
  on("tasks/get", async (params) =>
    legacyTask(await found(tasks, taskIdOf(params))),
  );
  on("tasks/result", (params, sdk) =>
    resultOf(serving, tasks, taskIdOf(params), sdk),
  );
  on("tasks/cancel", (params) => cancelNow(serving, tasks, taskIdOf(params)));
  on("tasks/list", async ({ cursor }) => {
    if (cursor !== undefined && typeof cursor !== "string")
      throw invalidParams("cursor must be a string that tasks/list returned");
    const page = await tasks.list(cursor ?? null);
    return {
      tasks: page.tasks.map(legacyTask),
      ...(page.next === null ? {} : { nextCursor: page.next }),
    };
  });
}

/** Waits for the end, asking the client whatever the task asks meanwhile; then answers as the call itself would have. */
async function resultOf(
  serving: Serving,
  tasks: TaskSource,
  taskId: string,
  sdk: ServerContext,
): Promise<object> {
  const { signal } = sdk.mcpReq;
  const asked = new Set<string>();
  for (;;) {
    const view = await found(tasks, taskId);
    switch (view.status) {
      case "completed":
        return {
          ...view.result,
          _meta: {
            ...view.result?._meta,
            [RELATED_TASK_META_KEY]: { taskId },
          },
        };
      case "failed":
        throw new ProtocolError(
          view.error?.code ?? ProtocolErrorCode.InternalError,
          view.error?.message ?? "the task failed",
        );
      case "cancelled":
        throw invalidParams(`task '${taskId}' was cancelled`, { taskId });
      case "input_required":
      case "working":
        // A question arises without a settlement, so the wait is cut by the poll interval.
        if (!(await ask(tasks, view, asked, sdk)))
          await settledWithin(
            serving,
            tasks,
            taskId,
            view.pollIntervalMs,
            signal,
          );
    }
    signal.throwIfAborted();
  }
}

/** Puts the task's open questions to the client, each once, as requests of its own era; false if there were none. */
async function ask(
  tasks: TaskSource,
  view: TaskView,
  asked: Set<string>,
  sdk: ServerContext,
): Promise<boolean> {
  const open = Object.entries(view.inputRequests ?? {}).filter(
    ([key]) => !asked.has(key),
  );
  for (const [key, request] of open) {
    asked.add(key);
    const { method, params } = request as { method: string; params?: object };
    const answer = await sdk.mcpReq.send({
      method,
      params: {
        ...params,
        _meta: { [RELATED_TASK_META_KEY]: { taskId: view.taskId } },
      },
    } as never);
    await tasks.update(view.taskId, { [key]: answer });
  }
  return open.length > 0;
}

async function cancelNow(
  serving: Serving,
  tasks: TaskSource,
  taskId: string,
): Promise<object> {
  const before = await found(tasks, taskId);
  if (isOver(before))
    throw invalidParams(`task '${taskId}' is already ${before.status}`, {
      taskId,
      status: before.status,
    });
  await tasks.cancel(taskId);
  await settledWithin(
    serving,
    tasks,
    taskId,
    CANCEL_WAIT_MS,
    new AbortController().signal,
  );
  return legacyTask(await found(tasks, taskId));
}

async function settledWithin(
  { env }: Serving,
  tasks: TaskSource,
  taskId: string,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const patience = new AbortController();
  const stop = env.timer(ms, () => patience.abort());
  try {
    await tasks.settled(taskId, AbortSignal.any([signal, patience.signal]));
  } finally {
    stop();
  }
}

const isOver = (view: TaskView): boolean =>
  view.status !== "working" && view.status !== "input_required";

async function found(tasks: TaskSource, taskId: string): Promise<TaskView> {
  const view = await tasks.get(taskId);
  if (view === null) throw unknownTask(taskId);
  return view;
}

function taskIdOf({ taskId }: Params): string {
  if (typeof taskId !== "string")
    throw invalidParams("taskId must be a string");
  return taskId;
}

async function refusing(answer: () => Promise<object>): Promise<object> {
  try {
    return await answer();
  } catch (thrown) {
    throw asProtocolError(thrown);
  }
}
