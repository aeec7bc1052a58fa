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

const name = z.string().min(1).max(200);
const ms = z.int().min(0).max(MAX_TIMEOUT_MS);

export const sessionField = name.describe(
  "From open_session: its tasks prefer the worker that keeps its memory",
);

export const waitField = ms.describe(
  "Longest wait for the answer, ms; the task goes on after it",
);

export const taskIdField = name;

/** Of an item of run_batch: what these are is said with run_task, since each word is paid for by every client. */
const plainFields = {
  session: name.optional(),
  timeout_ms: ms.min(1).optional(),
  deadline_ms: ms.min(1).optional(),
  priority: z.int().min(-10).max(10).optional(),
  idempotency_key: name.optional(),
};

const workFields = {
  kind: name.describe("shell, script, or one that pool_status lists"),
  input: z
    .custom<JsonValue>((value) => value !== undefined)
    .describe(
      "shell: {argv: [program, ...args], cwd?, env?, stdin?, ok_exit_codes?}; script: {code, args?}",
    ),
};

export const itemFields = { ...workFields, ...plainFields };

/**
 * One task, as run_task and submit_task take it. `input` came out of a JSON parser and was looked
 * through with the other arguments; whether it fits is its kind's to say.
 */
export const taskFields = {
  ...workFields,
  session: sessionField.optional(),
  timeout_ms: plainFields.timeout_ms.describe(
    "Longest run time; waiting does not count",
  ),
  deadline_ms: plainFields.deadline_ms.describe(
    "From now to its end; refused at once if that cannot be kept",
  ),
  priority: plainFields.priority.describe("Higher first"),
  idempotency_key: plainFields.idempotency_key.describe(
    "Same key and input: same task, run once; to try again, take another key",
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
