/** What tells a good result from a bad one: a command, a JSON schema, or a task that scores it. */

import { z } from "zod";
import type { Engine, Submission } from "../core/engine.ts";
import { BalancerError, toWireError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import { taskAnswer, type TaskAnswer } from "./task-answer.ts";
import { assertKnownKind, itemFields, toRequest } from "./task-request.ts";

const MAX_ARGUMENTS = 200;
/** Hundreds are usual. */
const MAX_SCHEMA_PARTS = 5_000;

export const CHECK = z
  .strictObject({
    command: z
      .array(z.string())
      .min(1)
      .max(MAX_ARGUMENTS)
      .optional()
      .describe(
        "Argument array; reads the result on stdin, exits with 0 if it is right",
      ),
    schema: z
      .record(
        z.string(),
        z.custom<JsonValue>((value) => value !== undefined),
      )
      .optional()
      .describe("JSON Schema; a result that is JSON text is parsed"),
    scorer: z
      .strictObject({
        kind: itemFields.kind,
        input: itemFields.input.optional(),
      })
      .optional()
      .describe(
        "A task whose value is a score from 0 to 1, or true or false; its input gets the result as `value` (script: as args.value)",
      ),
  })
  .describe("One of the three. From 0.5 on a result passes");

export interface Checked {
  /** Null: the check could not be made. */
  readonly score: number | null;
  /** Where something is to be said. */
  readonly why: string | null;
}

export type Check = (value: JsonValue) => Promise<Checked>;

export interface CheckOptions {
  readonly engine: Engine;
  readonly connection: string | null;
  /** Told of each task that a check is. */
  readonly onTask: (submission: Submission) => void;
}

type CheckArgument = z.output<typeof CHECK>;

/** Throws INVALID_ARGUMENT for a schema that is none, or for other than one check; UNKNOWN_KIND. Equal values are checked once. */
export function checkOf(argument: CheckArgument, options: CheckOptions): Check {
  const { command, schema, scorer } = argument;
  const given = [command, schema, scorer].filter((it) => it !== undefined);
  if (given.length !== 1)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `/check: ${given.length === 0 ? "is empty" : "has more than one of command, schema and scorer"}`,
      { hint: "Give one of them." },
    );
  const check =
    schema !== undefined
      ? bySchema(schema)
      : scorer !== undefined
        ? byScorer(scorer, options)
        : byCommand(command ?? [], options);
  const known = new Map<string, Promise<Checked>>();
  return (value) => {
    const text = JSON.stringify(value);
    const made = known.get(text) ?? check(value);
    known.set(text, made);
    return made;
  };
}

export const kindOfCheck = (
  argument: CheckArgument | undefined,
): "verdict" | "score" | null =>
  argument === undefined
    ? null
    : argument.scorer === undefined
      ? "verdict"
      : "score";

function bySchema(schema: Readonly<Record<string, JsonValue>>): Check {
  assertEnds(schema);
  let type: z.ZodType;
  try {
    type = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  } catch (thrown) {
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `/check/schema: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      { hint: "Nothing was submitted." },
    );
  }
  return async (value) => {
    if (type.safeParse(value).success) return { score: 1, why: null };
    const { success, error } = type.safeParse(parsed(value));
    return success
      ? { score: 1, why: null }
      : { score: 0, why: z.prettifyError(error).slice(0, 500) };
  };
}

/**
 * A schema is looked at in the server itself, which an expression that backtracks for ever would stop, and
 * also one that refers to itself. Throws INVALID_ARGUMENT.
 */
function assertEnds(schema: Readonly<Record<string, JsonValue>>): void {
  const { $defs, definitions } = schema;
  const defs = {
    ...(isObject(definitions) ? definitions : {}),
    ...(isObject($defs) ? $defs : {}),
  };
  let parts = 0;
  const look = (part: JsonValue): void => {
    if (typeof part !== "object" || part === null) return;
    if (++parts > MAX_SCHEMA_PARTS)
      throw notRunHere(
        `has more than ${MAX_SCHEMA_PARTS} parts, those counted again that it refers to, or refers to itself ($ref)`,
      );
    for (const [key, member] of Object.entries(part)) {
      if (
        key === "patternProperties" ||
        (key === "pattern" && typeof member === "string")
      )
        throw notRunHere(`has a regular expression (${key})`);
      if (key === "$ref" && typeof member === "string")
        look(referredTo(member, schema, defs));
      else look(member as JsonValue);
    }
  };
  look(schema);
}

/** Null: what making the schema says is wrong. */
function referredTo(
  ref: string,
  root: JsonValue,
  defs: Readonly<Record<string, JsonValue>>,
): JsonValue {
  const [, name] = ref.slice(1).split("/").filter(Boolean);
  if (name === undefined) return root;
  const key = name.replace(/~1/g, "/").replace(/~0/g, "~");
  return Object.hasOwn(defs, key) ? (defs[key] ?? null) : null;
}

const notRunHere = (what: string): BalancerError =>
  new BalancerError(
    "INVALID_ARGUMENT",
    `/check/schema: ${what}, which is not run in the server`,
    { hint: "Use a command or a scorer for what it is to tell." },
  );

const byCommand =
  (argv: readonly string[], options: CheckOptions): Check =>
  async (value) => {
    const stdin = typeof value === "string" ? value : JSON.stringify(value);
    const ended = await runTask("shell", { argv: [...argv], stdin }, options);
    if (ended.status === "completed") return { score: 1, why: null };
    const why = ended.error?.message ?? ended.status;
    return { score: ended.error?.code === "NON_ZERO_EXIT" ? 0 : null, why };
  };

function byScorer(
  {
    kind,
    input,
  }: { readonly kind: string; readonly input?: JsonValue | undefined },
  options: CheckOptions,
): Check {
  assertKnownKind(kind, options.engine, "/check/scorer/kind");
  const own =
    typeof input === "object" && input !== null && !Array.isArray(input)
      ? (input as Readonly<Record<string, JsonValue>>)
      : {};
  return async (value) => {
    const args = own["args"];
    const asked: JsonValue =
      kind === "script"
        ? { ...own, args: { ...(isObject(args) ? args : {}), value } }
        : { ...own, value };
    const ended = await runTask(kind, asked, options);
    if (ended.status !== "completed")
      return { score: null, why: ended.error?.message ?? ended.status };
    const score = scoreIn(ended.value ?? null);
    return {
      score,
      why:
        score === null
          ? `the scorer answered ${JSON.stringify(ended.value ?? null).slice(0, 100)}, which is no score from 0 to 1`
          : null,
    };
  };
}

function scoreIn(value: JsonValue): number | null {
  if (typeof value === "boolean") return Number(value);
  return typeof value === "number" && value >= 0 && value <= 1 ? value : null;
}

async function runTask(
  kind: string,
  input: JsonValue,
  { engine, connection, onTask }: CheckOptions,
): Promise<TaskAnswer> {
  try {
    const submission = await engine.submit(
      toRequest({ kind, input }, engine, connection),
      { terms: { awaited: true } },
    );
    onTask(submission);
    return taskAnswer(await submission.done);
  } catch (thrown) {
    return { task_id: "", status: "failed", error: toWireError(thrown) };
  }
}

const isObject = (
  value: JsonValue | undefined,
): value is Readonly<Record<string, JsonValue>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a text is the JSON of; every other value as it is. */
function parsed(value: JsonValue): JsonValue {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return value;
  }
}
