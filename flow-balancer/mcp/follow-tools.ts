/** Tools that look after tasks submitted before: wait, read what they printed, cancel, list. */

import { quoted } from "../core/quoted.ts";
import { z } from "zod";
import { BalancerError } from "../core/errors.ts";
import type { SessionId, TaskId } from "../core/ids.ts";
import type { EpochMs } from "../core/time.ts";
import { isTerminal, TASK_STATES, type TaskRecord } from "../core/task.ts";
import { defineTool, type ToolDefinition } from "./catalog.ts";
import type { Deps } from "./deps.ts";
import { whilePatient } from "./patience.ts";
import {
  round,
  taskAnswer,
  taskAnswerSchema,
  taskResult,
  taskText,
} from "./task-answer.ts";
import { sessionField, taskIdField, waitField } from "./task-request.ts";

export function followTools(deps: Deps): ToolDefinition[] {
  return [
    awaitTask(deps),
    readTaskOutput(deps),
    cancelTask(deps),
    listTasks(deps),
  ];
}

function awaitTask(deps: Deps): ToolDefinition {
  return defineTool({
    name: "await_task",
    title: "Wait for tasks",
    description:
      "Waits until all (or any) of the tasks ended, or until you can wait no longer, and answers with each in the order asked.",
    input: z.object({
      task_ids: z.array(taskIdField).min(1).max(100),
      mode: z.enum(["all", "any"]).optional().describe("all unless told"),
      wait_ms: waitField.optional(),
    }),
    output: z.looseObject({ results: z.array(taskAnswerSchema) }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    async run({ task_ids, mode, wait_ms }, call) {
      const engine = await deps.engine();
      const over = new AbortController();
      const settling = task_ids.map((id) =>
        engine.settled(id as TaskId, over.signal),
      );
      const wanted: Promise<unknown> =
        mode === "any" ? Promise.race(settling) : Promise.all(settling);
      const patience = { call, engine, env: deps.env, waitMs: wait_ms };
      // Those that still wait then answer with the task as it is.
      await whilePatient(wanted, patience).finally(() => over.abort());
      const tasks = await Promise.all(settling);
      const results = await Promise.all(
        tasks.map(async (task) =>
          taskAnswer(
            task,
            isTerminal(task.state)
              ? null
              : await engine.expectedRunMs(task.kind),
          ),
        ),
      );
      return {
        structuredContent: { results },
        content: [{ type: "text", text: results.map(taskText).join("\n") }],
      };
    },
  });
}

/** About 4,000 tokens: what a model reads in one go. */
const DEFAULT_READ_CHARS = 16_384;
const MAX_READ_CHARS = 262_144;

function readTaskOutput(deps: Deps): ToolDefinition {
  return defineTool({
    name: "read_task_output",
    title: "Read what a task printed",
    description:
      "The text a task printed so far, also while it runs: from offset, or its last `tail` lines.",
    input: z.object({
      task_id: taskIdField,
      offset: z.int().min(0).optional().describe("Characters"),
      limit: z.int().min(1).max(MAX_READ_CHARS).optional(),
      tail: z.int().min(1).max(10_000).optional(),
    }),
    output: z.looseObject({
      task_id: z.string(),
      text: z.string(),
      next_offset: z.int().nullable(),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    async run({ task_id, offset, limit, tail }) {
      const engine = await deps.engine();
      const task = await known(deps, task_id);
      const output = await engine.output(task.id);
      const isElsewhere =
        output === null &&
        task.state === "running" &&
        !engine.runsHere(task.id);
      const text = output?.text ?? "";
      const from = tail === undefined ? (offset ?? 0) : tailStart(text, tail);
      const part = text.slice(from, from + (limit ?? DEFAULT_READ_CHARS));
      const next = from + part.length;
      const rest = next < text.length;
      return {
        structuredContent: {
          task_id: task.id,
          status: isTerminal(task.state) ? task.state : "working",
          text: part,
          offset: from,
          next_offset: rest ? next : null,
          bytes_printed: output?.bytesSeen ?? 0,
          truncated: output?.truncated ?? false,
          ...(isElsewhere ? { runs_elsewhere: true } : {}),
        },
        content: [
          { type: "text", text: isElsewhere ? ELSEWHERE : part },
          ...(rest
            ? [
                {
                  type: "resource_link" as const,
                  uri: `task://${task.id}/output`,
                  name: "The whole output",
                  mimeType: "text/plain",
                },
              ]
            : []),
        ],
      };
    },
  });
}

const ELSEWHERE =
  "(It runs on another server: what it prints can be read here once it has ended.)";

/** Where the last `lines` lines begin; a line break at the very end does not start another. */
function tailStart(text: string, lines: number): number {
  let at = text.endsWith("\n") ? text.length - 1 : text.length;
  for (let line = 0; line < lines; line++) {
    // lastIndexOf takes -1 for 0 and would find a break at 0 for ever.
    at = at === 0 ? -1 : text.lastIndexOf("\n", at - 1);
    if (at < 0) return 0;
  }
  return at + 1;
}

function cancelTask(deps: Deps): ToolDefinition {
  return defineTool({
    name: "cancel_task",
    title: "Cancel a task",
    description:
      "Ends a task and every process it started; answers once they are gone, or, if another holds it, once that was asked to stop.",
    input: z.object({ task_id: taskIdField }),
    output: taskAnswerSchema,
    annotations: {
      destructiveHint: true,
      idempotentHint: true,
      openWorldHint: false,
    },
    async run({ task_id }, call) {
      const engine = await deps.engine();
      const cancelling = engine.cancel(task_id as TaskId);
      const { env } = deps;
      const ended = await whilePatient(cancelling, {
        call,
        engine,
        env,
        waitMs: undefined,
      });
      // Nobody waits any more; that it fails later is told by the task.
      cancelling.catch(() => {});
      const task = ended ?? (await known(deps, task_id));
      const { isError: _, ...result } = taskResult(taskAnswer(task));
      // That the task is cancelled is what was asked for, not a failure.
      if (isTerminal(task.state)) return result;
      const text = `${task.id} was asked to stop; ${quoted(task.holder ?? "its holder")} has it and ends it`;
      return { ...result, content: [{ type: "text", text }] };
    },
  });
}

const PAGE = 50;

function listTasks(deps: Deps): ToolDefinition {
  return defineTool({
    name: "list_tasks",
    title: "List tasks",
    description: "Tasks, newest first.",
    input: z.object({
      state: z.enum(TASK_STATES).optional(),
      session: sessionField.optional(),
      kind: z.string().max(200).optional(),
      since: z.iso.datetime({ offset: true }).optional(),
      cursor: z.string().max(100).optional(),
    }),
    output: z.looseObject({
      tasks: z.array(taskAnswerSchema),
      next_cursor: z.string().nullable(),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    async run({ state, session, kind, since, cursor }) {
      const engine = await deps.engine();
      const page = await engine.list({
        state,
        session: session as SessionId | undefined,
        kind,
        since: since === undefined ? undefined : (Date.parse(since) as EpochMs),
        queue: "pool",
        before: cursor === undefined ? undefined : parseCursor(cursor),
        limit: PAGE,
      });
      const tasks = page.tasks.map(listed);
      return {
        structuredContent: {
          tasks,
          next_cursor: page.next === null ? null : String(page.next),
        },
        content: [
          {
            type: "text",
            text:
              tasks
                .map(
                  (task) =>
                    `${task.task_id} ${task.kind} ${task.status} ${task.submitted_at}`,
                )
                .join("\n") || "no tasks",
          },
        ],
      };
    },
  });
}

const listed = (task: TaskRecord) => ({
  task_id: task.id,
  kind: task.kind,
  status: task.state,
  submitted_at: new Date(task.submittedAt).toISOString(),
  ...(task.session === null ? {} : { session: task.session }),
  ...(task.execution === null
    ? {}
    : {
        tier: task.execution.tier,
        wait_ms: round(task.execution.waitMs),
        run_ms: round(task.execution.runMs),
      }),
  ...(task.result !== null && "error" in task.result
    ? { error_code: task.result.error.code }
    : {}),
});

export function parseCursor(cursor: string): number {
  const seq = Number(cursor);
  if (Number.isSafeInteger(seq) && seq > 0) return seq;
  throw new BalancerError(
    "INVALID_ARGUMENT",
    `/cursor: ${quoted(cursor)} is not a cursor of this list`,
    { hint: "Pass next_cursor of the page before, or leave it out." },
  );
}

/** Throws NOT_FOUND. */
async function known(deps: Deps, id: string): Promise<TaskRecord> {
  const task = await (await deps.engine()).get(id as TaskId);
  if (task === null)
    throw new BalancerError("NOT_FOUND", `there is no task ${quoted(id)}`, {
      hint: "list_tasks shows those there are.",
    });
  return task;
}
