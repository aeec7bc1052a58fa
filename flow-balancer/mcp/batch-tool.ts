/** run_batch: many tasks side by side in one call, which is how a client that makes calls one by one gets parallel work. */

import type { CallToolResult } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Engine, Submission } from "../core/engine.ts";
import { toWireError } from "../core/errors.ts";
import { Gate } from "../core/gate.ts";
import type { TaskId } from "../core/ids.ts";
import {
  defineTool,
  type CallContext,
  type ToolDefinition,
} from "./catalog.ts";
import type { Deps } from "./deps.ts";
import { whilePatient } from "./patience.ts";
import { cancelQuietly } from "./run-tools.ts";
import { round, taskAnswer, taskText, type TaskAnswer } from "./task-answer.ts";
import {
  assertKnownKind,
  sessionField,
  taskFields,
  toRequest,
  waitField,
  type TaskArguments,
} from "./task-request.ts";

const MAX_TASKS = 1_000;

/** What became of one item: a task, or the refusal to make one of it. */
type Item =
  | { readonly type: "task"; readonly submission: Submission }
  | { readonly type: "refused"; readonly answer: TaskAnswer };

const INPUT = z.object({
  tasks: z
    .array(z.strictObject(taskFields))
    .min(1)
    .max(MAX_TASKS)
    .describe("As for run_task"),
  session: sessionField.optional(),
  max_parallel: z.int().min(1).max(MAX_TASKS).optional(),
  on_error: z
    .enum(["continue", "stop"])
    .optional()
    .describe("stop: start no more after a failure"),
  wait_ms: waitField.optional(),
});

export function batchTool(deps: Deps): ToolDefinition {
  return defineTool({
    name: "run_batch",
    title: "Run tasks in parallel",
    description:
      "Runs up to 1000 tasks in parallel and answers with their results in input order, each {task_id, status, value?, error?}. " +
      "Those that take longer than you can wait are 'working' and go on: await_task has them. " +
      "sequential_ms is the sum of the tasks' own times, speedup is that over makespan_ms.",
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
  const items = await submitAll(
    args.tasks.map((task) =>
      args.session === undefined ? task : { session: args.session, ...task },
    ),
    { engine, call, gate },
  );
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

/** All kinds are looked at before anything is submitted; what is refused later (a full queue) is that item's error. */
async function submitAll(
  tasks: readonly TaskArguments[],
  { engine, call, gate }: { engine: Engine; call: CallContext; gate: Gate },
): Promise<Item[]> {
  const requests = tasks.map((task, index) => {
    assertKnownKind(task.kind, engine, `/tasks/${index}/kind`);
    return toRequest(task, engine, call.connection);
  });
  return Promise.all(
    requests.map(async (request): Promise<Item> => {
      try {
        const observer = { log: (text: string) => call.log("info", text) };
        const submission = await engine.submit(request, {
          gate,
          observer,
          terms: { awaited: true },
        });
        return { type: "task", submission };
      } catch (thrown) {
        return { type: "refused", answer: failed("", thrown) };
      }
    }),
  );
}

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

const failed = (id: string, thrown: unknown): TaskAnswer => ({
  task_id: id,
  status: "failed",
  error: toWireError(thrown),
});

function cancelRest(
  items: readonly Item[],
  finished: ReadonlyMap<number, TaskAnswer>,
  engine: Engine,
  gate: Gate,
): void {
  gate.shut();
  for (const id of unfinished(items, finished)) cancelQuietly(engine, id);
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
