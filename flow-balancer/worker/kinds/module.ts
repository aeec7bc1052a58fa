/** Kinds that are modules: imported once a worker, their input checked by the schema they carry. */

import { isAbsolute } from "node:path";
import { stat } from "node:fs/promises";
import { BalancerError, wireError, type WireError } from "../../core/errors.ts";
import type { InputSchema, TaskDefinition } from "../define-task.ts";
import { importError } from "./import-error.ts";
import type { KindOutcome, LoadedKind, JobContext } from "./loaded-kind.ts";

/** Throws MODULE_* with file:line where Bun says it. */
export async function loadModule(
  kind: string,
  path: string,
): Promise<LoadedKind> {
  if (!isAbsolute(path))
    throw new BalancerError(
      "MODULE_NOT_FOUND",
      `kind '${kind}': the module path '${path}' is not absolute`,
    );
  const info = await stat(path).catch(() => null);
  if (info === null || !info.isFile())
    throw new BalancerError(
      "MODULE_NOT_FOUND",
      info === null
        ? `kind '${kind}': there is no file ${path}`
        : `kind '${kind}': ${path} is not a regular file`,
      { hint: `Correct 'module' under [kinds.${kind}].` },
    );
  let exports: Record<string, unknown>;
  try {
    exports = await import(path);
  } catch (thrown) {
    throw importError(kind, path, thrown);
  }
  const definition = contract(kind, path, exports["default"]);
  return {
    description: {
      description:
        typeof definition.description === "string"
          ? definition.description
          : null,
      inputSchema: jsonSchemaOf(definition.input),
    },
    run: (input, job) => runModule(definition, input, job),
  };
}

/** Only shown: null for a schema that JSON Schema cannot say (a date, a transform), which still checks. */
function jsonSchemaOf(input: InputSchema): Record<string, unknown> | null {
  try {
    const said = input["~standard"].jsonSchema?.input({
      target: "draft-2020-12",
    });
    const plain: unknown = JSON.parse(JSON.stringify(said ?? null));
    return typeof plain === "object" && !Array.isArray(plain)
      ? (plain as Record<string, unknown> | null)
      : null;
  } catch {
    return null;
  }
}

/** Without a promise where schema and task need none: short tasks are answered in the turn they arrive. */
function runModule(
  definition: TaskDefinition<InputSchema>,
  input: unknown,
  job: JobContext,
): KindOutcome | Promise<KindOutcome> {
  const checked = definition.input["~standard"].validate(input);
  return isThenable(checked)
    ? checked.then((result) => runChecked(definition, result, job))
    : runChecked(definition, checked, job);
}

function runChecked(
  definition: TaskDefinition<InputSchema>,
  checked: unknown,
  job: JobContext,
): KindOutcome | Promise<KindOutcome> {
  const { value, issues } = checked as {
    value?: unknown;
    issues?: readonly Issue[];
  };
  if (issues) return { ok: false, error: invalidInput(issues) };
  const returned = definition.run(value, job.task);
  return isThenable(returned)
    ? returned.then((it) => ({ ok: true, value: it }))
    : { ok: true, value: returned };
}

const isThenable = (value: unknown): value is Promise<unknown> =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as { then?: unknown }).then === "function";

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[];
}

function invalidInput(issues: readonly Issue[]): WireError {
  const lines = issues.map((issue) => {
    const keys = (issue.path ?? []).map((part) =>
      String(typeof part === "object" ? part.key : part),
    );
    return `/${keys.join("/")}: ${issue.message}`;
  });
  return wireError(
    "INVALID_INPUT",
    `the input does not fit the kind's schema: ${lines.join("; ")}`,
    "Read the kind's JSON Schema (resource kind://<name>) and correct the input.",
  );
}

function contract(
  kind: string,
  path: string,
  exported: unknown,
): TaskDefinition<InputSchema> {
  const found = exported as Partial<TaskDefinition<InputSchema>> | undefined;
  const problem =
    typeof found !== "object" || found === null
      ? `expected 'export default defineTask({...})', found ${exported === undefined ? "no default export" : typeof exported}`
      : typeof found.run !== "function"
        ? "the definition has no function 'run'"
        : typeof found.input?.["~standard"]?.validate !== "function"
          ? "the definition has no schema 'input'"
          : null;
  if (problem !== null)
    throw new BalancerError(
      "MODULE_CONTRACT",
      `kind '${kind}': ${path}: ${problem}`,
      {
        hint: 'import { defineTask } from "flow-balancer/task" and export its result as default.',
      },
    );
  return found as TaskDefinition<InputSchema>;
}
