/** A task as tools answer it: everything the model needs as structured content, and a short text twin. */

import type { CallToolResult } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { WireError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import { isTerminal, type TaskRecord } from "../core/task.ts";

/** Some clients show the model the text and nothing else; more than this belongs in the structured half. */
const TEXT_VALUE_CHARS = 2_000;

/** A caller that polls sooner learns nothing; later, it waits for nothing. */
export const POLL_AFTER_MS = 2_000;

export interface TaskAnswer {
  readonly task_id: string;
  /** The task's state once it ended, `working` before. */
  readonly status: string;
  readonly value?: JsonValue;
  readonly error?: WireError;
  readonly tier?: string;
  readonly attempt?: number;
  readonly worker?: string;
  readonly wait_ms?: number;
  readonly start_ms?: number;
  readonly run_ms?: number;
  readonly poll_after_ms?: number;
  /** Null: too few runs of the kind to say. */
  readonly eta_ms?: number | null;
}

/** Types as TypeScript has them above; clients need to know what is always there. */
export const taskAnswerSchema = z.looseObject({
  task_id: z.string(),
  status: z.string(),
});

/** `etaMs` is only for a task that has not ended. */
export function taskAnswer(
  task: TaskRecord,
  etaMs: number | null = null,
): TaskAnswer {
  if (!isTerminal(task.state) || task.result === null)
    return {
      task_id: task.id,
      status: "working",
      poll_after_ms: POLL_AFTER_MS,
      eta_ms: etaMs,
    };
  const { result, execution } = task;
  return {
    task_id: task.id,
    status: result.status,
    ...(result.valueJson === null
      ? {}
      : { value: JSON.parse(result.valueJson) as JsonValue }),
    ...("error" in result ? { error: result.error } : {}),
    attempt: task.attempt,
    ...(execution === null
      ? {}
      : {
          tier: execution.tier,
          worker: execution.worker,
          wait_ms: round(execution.waitMs),
          start_ms: round(execution.startMs),
          run_ms: round(execution.runMs),
        }),
  };
}

/** A task that ended any other way than completed is a failed call: models look at that flag first. */
export function taskResult(answer: TaskAnswer): CallToolResult {
  const failed = answer.status !== "working" && answer.status !== "completed";
  return {
    ...(failed ? { isError: true } : {}),
    structuredContent: { ...answer },
    content: [{ type: "text", text: taskText(answer) }],
  };
}

export function taskText(answer: TaskAnswer): string {
  if (answer.status === "working")
    return `${answer.task_id} is still working; call await_task with its id.`;
  const ran =
    answer.run_ms === undefined
      ? ""
      : ` in ${answer.run_ms} ms (${answer.tier})`;
  const error =
    answer.error === undefined
      ? ""
      : ` ${answer.error.code}: ${answer.error.message}`;
  const value =
    answer.value === undefined
      ? ""
      : `\n${clip(typeof answer.value === "string" ? answer.value : JSON.stringify(answer.value))}`;
  return `${answer.task_id} ${answer.status}${ran}${error}${value}`;
}

const clip = (text: string): string =>
  text.length <= TEXT_VALUE_CHARS
    ? text
    : `${text.slice(0, TEXT_VALUE_CHARS)}... (${text.length} characters in all)`;

/** A microsecond is as fine as any of these are measured. */
export const round = (ms: number): number => Math.round(ms * 1_000) / 1_000;
