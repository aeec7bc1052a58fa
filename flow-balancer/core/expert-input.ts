/** The input of a task as an expert gets it. */

import { BalancerError } from "./errors.ts";
import type { Expert } from "./expert.ts";
import type { JsonValue } from "./json.ts";
import { quoted } from "./quoted.ts";

/**
 * The expert's own fields over those of the task; or beside the task's whole input on stdin: a text as it
 * is, anything else as JSON. Throws INVALID_ARGUMENT where there is nothing to lay fields over.
 */
export function expertInput(
  input: JsonValue,
  { name, run }: Pick<Expert, "name" | "run">,
): JsonValue {
  if (run.readsStdin === true)
    return {
      ...run.input,
      stdin: typeof input === "string" ? input : JSON.stringify(input),
    };
  if (Object.keys(run.input).length === 0) return input;
  if (typeof input !== "object" || input === null || Array.isArray(input))
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `/input: has to be an object, for the expert ${quoted(name)} lays fields of its own over it`,
      { hint: "Nothing was submitted." },
    );
  return { ...(input as Readonly<Record<string, JsonValue>>), ...run.input };
}
