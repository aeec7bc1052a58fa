/** The arguments that name a task, and the one place where they become a TaskRequest. */

import { didYouMean } from "../core/nearest-name.ts";
import { quoted } from "../core/quoted.ts";
import { z } from "zod";
import type { Engine } from "../core/engine.ts";
import { BalancerError } from "../core/errors.ts";
import type { SessionId } from "../core/ids.ts";
import type { JsonValue } from "../core/json.ts";
import type { Dependency, TaskRequest } from "../core/task.ts";

/** A day: a task that runs longer is a service. */
const MAX_TIMEOUT_MS = 86_400_000;

export const sessionField = z
  .string()
  .min(1)
  .max(200)
  .describe(
    "From open_session: its tasks prefer the same worker, which keeps the session's memory",
  );

export const waitField = z
  .int()
  .min(0)
  .max(MAX_TIMEOUT_MS)
  .describe("Longest wait for the answer, ms; the task goes on after it");

export const taskIdField = z.string().min(1).max(200);

/**
 * One task, as run_task, submit_task and the items of run_batch take it. `input` came out of a JSON
 * parser and was looked through with the other arguments; whether it fits is its kind's to say.
 */
export const taskFields = {
  kind: z
    .string()
    .min(1)
    .max(200)
    .describe("shell, script, or a configured kind (pool_status lists them)"),
  input: z
    .custom<JsonValue>((value) => value !== undefined)
    .describe(
      "shell: {argv: [program, ...args], cwd?, env?, stdin?, ok_exit_codes?}; script: {code, args?}",
    ),
  session: sessionField.optional(),
  timeout_ms: z
    .int()
    .min(1)
    .max(MAX_TIMEOUT_MS)
    .optional()
    .describe("Longest run time; waiting does not count"),
  deadline_ms: z
    .int()
    .min(1)
    .max(MAX_TIMEOUT_MS)
    .optional()
    .describe("From now to its end; refused at once if that cannot be kept"),
  priority: z.int().min(-10).max(10).optional().describe("Higher first"),
  idempotency_key: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      "Same key and input: same task, run once; to try again after a failure, take another key",
    ),
};

export type TaskArguments = z.output<z.ZodObject<typeof taskFields>>;

export function toRequest(
  args: TaskArguments,
  engine: Engine,
  connection: string | null,
  after: readonly Dependency[] = [],
): TaskRequest {
  return {
    kind: args.kind,
    inputJson: JSON.stringify(args.input),
    session:
      args.session === undefined
        ? engine.defaultSession(connection)
        : (args.session as SessionId),
    timeoutMs: args.timeout_ms ?? null,
    deadlineMs: args.deadline_ms ?? null,
    priority: args.priority ?? 0,
    idempotencyKey: args.idempotency_key ?? null,
    after,
  };
}

/** Throws UNKNOWN_KIND and says where; for lists, before any of them is submitted. */
export function assertKnownKind(
  kind: string,
  engine: Engine,
  where: string,
): void {
  const known = engine.kinds().map((info) => info.kind);
  if (!known.includes(kind))
    throw new BalancerError(
      "UNKNOWN_KIND",
      `${where}: there is no kind ${quoted(kind)}${didYouMean(kind, known)}; there are ${known.join(", ")}`,
      { hint: "Nothing was submitted." },
    );
}
