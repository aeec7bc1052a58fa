/** run_batch: many tasks in one call, side by side or in stages, which is how a client that makes calls one by one gets parallel work. */

import type { CallToolResult } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Engine, TaskObserver } from "../core/engine.ts";
import { Gate } from "../core/gate.ts";
import type { TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { Terms } from "../core/queue.ts";
import { planBatch, type BatchArguments } from "./batch-plan.ts";
import {
  failed,
  submitEach,
  submitInOrder,
  type Item,
} from "./batch-submission.ts";
import {
  defineTool,
  type CallContext,
  type ToolDefinition,
} from "./catalog.ts";
import type { Deps } from "./deps.ts";
import { whilePatient } from "./patience.ts";
import { cancelQuietly } from "./run-tools.ts";
import { round, taskAnswer, taskText, type TaskAnswer } from "./task-answer.ts";
import { itemFields, waitField } from "./task-request.ts";

const MAX_TASKS = 1_000;

const INPUT = z.object({
  tasks: z
    .array(
      z.strictObject({
        ...itemFields,
        stage: z.int().min(1).max(MAX_TASKS).optional(),
      }),
    )
    .min(1)
    .max(MAX_TASKS)
    .describe("As for run_task"),
  type: z
    .enum(["parallel", "pipeline", "sequential"])
    .optional()
    .describe(
      "pipeline: stage by stage, each once all of the one before completed; sequential: one by one",
    ),
  session: itemFields.session.describe("Of all that name none"),
  max_parallel: z.int().min(1).max(MAX_TASKS).optional(),
  on_error: z
    .enum(["continue", "stop"])
    .optional()
    .describe(
      "stop: start no more after a failure; in a pipeline not with max_parallel",
    ),
  wait_ms: waitField.optional(),
});

export function batchTool(deps: Deps): ToolDefinition {
  return defineTool({
    name: "run_batch",
    title: "Run many tasks",
    description:
      "Runs up to 1000 tasks in parallel, or in order by `type`, and answers with their results in input order, each {task_id, status, value?, error?}. " +
      "Those that take longer than you can wait are 'working' and go on: await_task has them. " +
      "sequential_ms: the sum of the tasks' own times; speedup: that over makespan_ms.",
    input: INPUT,
    output: z.looseObject({
      results: z.array(z.looseObject({ status: z.string() })),
      makespan_ms: z.number(),
      sequential_ms: z.number(),
      speedup: z.number().nullable(),
    }),
    annotations: { openWorldHint: true },
    run: (args, call) => runBatch(deps, args, call),
  });
}

async function runBatch(
  deps: Deps,
  args: z.output<typeof INPUT>,
  call: CallContext,
): Promise<CallToolResult> {
  const engine = await deps.engine();
  const startedAt = deps.env.mono();
  const gate = new Gate(args.max_parallel ?? MAX_TASKS);
  const plan = planBatch(args, engine, call.connection);
  const observer: TaskObserver = { log: (text) => call.log("info", text) };
  const { type = "parallel" } = args;
  const items =
    type === "parallel"
      ? await submitEach(plan.flat(), engine, {
          gate,
          observer,
          terms: { awaited: true },
        })
      : await submitInOrder(plan, engine, deps.env, {
          observer,
          terms: {
            group: type === "pipeline" ? groupOf(args, deps.env) : null,
          },
        });
  const finished = new Map<number, TaskAnswer>();
  const waiting = items.map(async (item, index) => {
    const ended = await ending(item);
    finished.set(index, ended);
    if (ended.status !== "completed" && args.on_error === "stop") gate.shut();
    call.progress?.(finished.size, items.length);
  });
  await whilePatient(Promise.all(waiting), {
    call,
    engine,
    env: deps.env,
    waitMs: args.wait_ms,
  });
  if (call.signal.aborted) cancelRest(items, finished, engine, gate);
  else await engine.told(unfinished(items, finished));
  return answer(items, finished, deps.env.mono() - startedAt);
}

/** Keeps max_parallel for tasks that any server with room starts, which a gate of this call cannot bound. */
const groupOf = (
  { max_parallel: limit }: BatchArguments,
  env: Env,
): Terms["group"] =>
  limit === undefined ? null : { key: `batch:${env.unique()}`, limit };

/** Always resolves: that one result could not be stored must not cost the caller the others. */
async function ending(item: Item): Promise<TaskAnswer> {
  if (item.type === "refused") return item.answer;
  const { task, done } = item.submission;
  try {
    return taskAnswer(await done);
  } catch (thrown) {
    return failed(task.id, thrown);
  }
}

function cancelRest(
  items: readonly Item[],
  finished: ReadonlyMap<number, TaskAnswer>,
  engine: Engine,
  gate: Gate,
): void {
  gate.shut();
  // The last first: what comes after a cancelled task would end as failed.
  for (const id of unfinished(items, finished).toReversed())
    cancelQuietly(engine, id);
}

/** Of those that this call made. */
const unfinished = (
  items: readonly Item[],
  finished: ReadonlyMap<number, TaskAnswer>,
): TaskId[] =>
  items.flatMap((item, index) =>
    item.type === "task" && item.submission.isNew && !finished.has(index)
      ? [item.submission.task.id]
      : [],
  );

function answer(
  items: readonly Item[],
  finished: ReadonlyMap<number, TaskAnswer>,
  makespanMs: number,
) {
  const results = items.map(
    (item, index) =>
      finished.get(index) ??
      (item.type === "refused"
        ? item.answer
        : taskAnswer(item.submission.task)),
  );
  const sequentialMs = results.reduce(
    (sum, { start_ms = 0, run_ms = 0 }) => sum + start_ms + run_ms,
    0,
  );
  const working = results.filter(({ status }) => status === "working").length;
  const completed = results.filter(
    ({ status }) => status === "completed",
  ).length;
  const structured = {
    results,
    makespan_ms: round(makespanMs),
    sequential_ms: round(sequentialMs),
    // Said only of a whole batch: half of one has no makespan yet.
    speedup: working > 0 ? null : round(sequentialMs / makespanMs),
  };
  const counts = `${completed} of ${results.length} completed, ${working} still working, in ${structured.makespan_ms} ms`;
  return {
    structuredContent: structured,
    content: [
      {
        type: "text" as const,
        text: [counts, ...results.map(batchLine)].join("\n"),
      },
    ],
  };
}

/** The text twin is for clients that show nothing else: a line or two a task. */
const batchLine = (result: TaskAnswer): string =>
  taskText(result).slice(0, 300);
