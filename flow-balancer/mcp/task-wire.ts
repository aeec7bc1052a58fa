/**
 * One task on two wires: flat with `ttlMs` and `pollIntervalMs` in the extension of 2026-07-28, and
 * `ttl` and `pollInterval` in the 2025-11-25 core. Pure but for reading the task.
 */

import {
  MissingRequiredClientCapabilityError,
  type ProtocolError,
} from "@modelcontextprotocol/server";
import { TASKS_EXTENSION } from "./call-context.ts";
import type { TaskSource, TaskView } from "./catalog.ts";
import { quoted } from "../core/quoted.ts";
import { internalError, invalidParams } from "./refusal.ts";

/** What every answer of the extension about a task begins with. */
function modernTask(view: TaskView): object {
  return {
    taskId: view.taskId,
    status: view.status,
    ...(view.statusMessage === undefined
      ? {}
      : { statusMessage: view.statusMessage }),
    createdAt: new Date(view.createdAt).toISOString(),
    lastUpdatedAt: new Date(view.updatedAt).toISOString(),
    ttlMs: view.ttlMs === null ? null : Math.ceil(view.ttlMs),
    pollIntervalMs: Math.ceil(view.pollIntervalMs),
  };
}

/** tasks/get of 2026-07-28: with its result, error or open questions, whichever its status has. */
export function detailedTask(view: TaskView): object {
  const task = modernTask(view);
  switch (view.status) {
    case "completed":
      return { ...task, result: view.result };
    case "failed":
      return { ...task, error: view.error };
    case "input_required":
      return { ...task, inputRequests: view.inputRequests };
    default:
      return task;
  }
}

export function legacyTask(view: TaskView): object {
  return {
    taskId: view.taskId,
    status: view.status,
    ...(view.statusMessage === undefined
      ? {}
      : { statusMessage: view.statusMessage }),
    createdAt: new Date(view.createdAt).toISOString(),
    lastUpdatedAt: new Date(view.updatedAt).toISOString(),
    ttl: view.ttlMs,
    pollInterval: view.pollIntervalMs,
  };
}

/**
 * The answer to a call that became a task. Read back from the source, so what is announced exists.
 * Open questions are asked by tasks/get alone, so a task that has some is announced as working.
 */
export async function createdTask(
  tasks: TaskSource,
  taskId: string,
): Promise<object> {
  const view = await written(tasks, taskId);
  return {
    ...modernTask(view),
    ...(view.status === "input_required" ? { status: "working" } : {}),
    resultType: "task",
  };
}

/** The same for a client of 2025-11-25. */
export async function legacyCreatedTask(
  tasks: TaskSource,
  taskId: string,
): Promise<object> {
  // The empty content belongs to no specification: the SDK refuses a tools/call result without one.
  return { task: legacyTask(await written(tasks, taskId)), content: [] };
}

async function written(tasks: TaskSource, taskId: string): Promise<TaskView> {
  const view = await tasks.get(taskId);
  if (view === null)
    throw internalError(`task ${quoted(taskId)} was started but not recorded`);
  return view;
}

export const unknownTask = (taskId: string): ProtocolError =>
  invalidParams(`unknown task ${quoted(taskId)}`, { taskId });

export const missingTasksExtension = (why: string): ProtocolError =>
  new MissingRequiredClientCapabilityError(
    { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
    `${why}; declare the extension ${TASKS_EXTENSION} on the request`,
  );
