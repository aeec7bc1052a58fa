/**
 * The built-in kind `script`: an ES module in TypeScript, given as text. Its default export is
 * called as (args, ctx). The same text is imported once a worker, so a script that comes again
 * finds its module warm.
 */

import { BalancerError, wireError } from "../../core/errors.ts";
import type { TaskContext } from "../define-task.ts";
import { importError } from "./import-error.ts";
import type { KindOutcome, LoadedKind, JobContext } from "./loaded-kind.ts";

type ScriptFunction = (args: unknown, ctx: TaskContext) => unknown;

export const scriptKind: LoadedKind = {
  description: {
    description:
      "An ES module in TypeScript; its default export is called as (args, ctx), what it returns is the value.",
    inputSchema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {
        code: {
          type: "string",
          minLength: 1,
          description: "Source text of the module",
        },
        args: { description: "Any JSON; the first argument" },
      },
      required: ["code"],
      additionalProperties: false,
    },
  },
  run: runScript,
};

async function runScript(
  input: unknown,
  job: JobContext,
): Promise<KindOutcome> {
  const problem = inputProblem(input);
  if (problem !== null)
    return { ok: false, error: wireError("INVALID_INPUT", problem) };
  const { code, args } = input as { code: string; args?: unknown };
  const run = await importScript(code);
  return { ok: true, value: await run(args, job.task) };
}

function inputProblem(input: unknown): string | null {
  if (typeof input !== "object" || input === null || Array.isArray(input))
    return "the input of a script is an object {code, args?}";
  const unknown = Object.keys(input).filter(
    (key) => key !== "code" && key !== "args",
  );
  if (unknown.length > 0)
    return `/${unknown[0]}: unknown key; a script takes code and args`;
  const { code } = input as { code?: unknown };
  return typeof code !== "string" || code.length === 0
    ? "/code: expected the source text of an ES module"
    : null;
}

/** Bun keeps modules by URL, and the URL is the text itself: equal text is one module. */
async function importScript(code: string): Promise<ScriptFunction> {
  const url = `data:text/typescript;base64,${Buffer.from(code).toString("base64")}`;
  let exports: Record<string, unknown>;
  try {
    exports = await import(url);
  } catch (thrown) {
    throw importError("script", "code", thrown);
  }
  const run = exports["default"];
  if (typeof run !== "function")
    throw new BalancerError(
      "MODULE_CONTRACT",
      `the script exports ${run === undefined ? "no default" : `${typeof run} as default`}`,
      {
        hint: "Write: export default async (args, ctx) => { ...; return value; }",
      },
    );
  return run as ScriptFunction;
}
