/** run_task and submit_task: one task, waited for or not. */

import { z } from "zod";
import type { Engine, TaskObserver } from "../core/engine.ts";
import type { TaskId } from "../core/ids.ts";
import { isTerminal } from "../core/task.ts";
import {
  defineTool,
  type CallContext,
  type ToolDefinition,
} from "./catalog.ts";
import { parseDependencies } from "./dependency-argument.ts";
import type { Deps } from "./deps.ts";
import { whilePatient } from "./patience.ts";
import { taskAnswer, taskAnswerSchema, taskResult } from "./task-answer.ts";
import {
  taskFields,
  taskIdField,
  toRequest,
  waitField,
} from "./task-request.ts";

/** A week: what is to run later than that is a calendar's. */
const MAX_DELAY_MS = 604_800_000;

/** The submitter follows what the task reports. */
const observerOf = (call: CallContext): TaskObserver => ({
  progress: (done, total, message) =>
    call.progress?.(done, total ?? undefined, message ?? undefined),
  log: (message) => call.log("info", message),
});

/** For a caller that is gone: that the task ended meanwhile interests nobody. */
export const cancelQuietly = (engine: Engine, id: TaskId): void =>
  void engine.cancel(id).catch(() => {});

export function runTools(deps: Deps): ToolDefinition[] {
  return [runTask(deps), submitTask(deps)];
}

function runTask(deps: Deps): ToolDefinition {
  return defineTool({
    name: "run_task",
    title: "Run a task",
    description:
      "Runs one task on a worker process and answers with its result. If it takes longer than you can wait, " +
      "answers {status: 'working', task_id}: it goes on, and await_task has the result. " +
      "For several tasks use run_batch: separate calls may be made one after the other.",
    input: z.object({ ...taskFields, wait_ms: waitField.optional() }),
    output: taskAnswerSchema,
    annotations: { openWorldHint: true },
    task: {
      support: "optional",
      async start(args, call) {
        const engine = await deps.engine();
        const { task } = await engine.submit(
          toRequest(args, engine, call.connection),
        );
        return { taskId: task.id };
      },
    },
    async run({ wait_ms, ...args }, call) {
      const engine = await deps.engine();
      const { task, done, isNew } = await engine.submit(
        toRequest(args, engine, call.connection),
        { observer: observerOf(call), terms: { awaited: true } },
      );
      const { env } = deps;
      const ended = await whilePatient(done, {
        call,
        engine,
        env,
        waitMs: wait_ms,
      });
      if (ended !== null) return taskResult(taskAnswer(ended));
      if (call.signal.aborted && isNew) cancelQuietly(engine, task.id);
      await engine.told([task.id]);
      if (call.acceptsTask) return { taskId: task.id };
      const eta = await engine.expectedRunMs(task.kind);
      return taskResult(taskAnswer(task, eta));
    },
  });
}

function submitTask(deps: Deps): ToolDefinition {
  return defineTool({
    name: "submit_task",
    title: "Submit a task",
    description:
      "Records a task, starts it in the background and answers with its task_id at once. " +
      "With `after` it runs only once those completed.",
    input: z.object({
      ...taskFields,
      after: z
        .array(taskIdField)
        .max(100)
        .optional()
        .describe(
          "Task ids; ':finish' or ':failure' added to one: after any end, or a failure",
        ),
      delay_ms: z.int().min(0).max(MAX_DELAY_MS).optional(),
      max_attempts: z
        .int()
        .min(1)
        .max(100)
        .optional()
        .describe(
          "Tries, with growing pauses, before a failure is final; 1 unless told",
        ),
      concurrency_key: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe("One task of a key at a time, over all servers"),
    }),
    output: taskAnswerSchema,
    annotations: { openWorldHint: true },
    async run(
      { after, delay_ms, max_attempts, concurrency_key, ...args },
      call,
    ) {
      const engine = await deps.engine();
      const parents = parseDependencies(after ?? [], "/after");
      const { task } = await engine.submit(
        toRequest(args, engine, call.connection, parents),
        {
          terms: {
            delayMs: delay_ms,
            maxAttempts: max_attempts,
            group:
              concurrency_key === undefined
                ? undefined
                : { key: concurrency_key, limit: 1 },
          },
        },
      );
      const eta = isTerminal(task.state)
        ? null
        : await engine.expectedRunMs(task.kind);
      return taskResult(taskAnswer(task, eta));
    },
  });
}
