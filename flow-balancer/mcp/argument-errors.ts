/** Arguments from outside into a tool's input, or one error that names every problem by JSON pointer. */

import type { z } from "zod";
import { BalancerError } from "../core/errors.ts";
import { assertPlainJson } from "../core/json.ts";
import { didYouMean } from "../core/nearest-name.ts";
import { quoted } from "../core/quoted.ts";

type Issue = z.core.$ZodIssue;

/** More would bury the first ones, which usually explain the rest. */
const MAX_PROBLEMS_SHOWN = 10;

/** Throws FORBIDDEN_KEY, INPUT_TOO_DEEP, OUT_OF_RANGE (a number outside its limits) or INVALID_ARGUMENT. */
export function readArguments<Input extends z.ZodObject>(
  schema: Input,
  raw: unknown,
): z.output<Input> {
  assertPlainJson(raw);
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const problems = issues.flatMap((issue) => describe(issue, schema, raw));
  const shown = problems.slice(0, MAX_PROBLEMS_SHOWN);
  if (problems.length > shown.length)
    shown.push(`and ${problems.length - shown.length} more`);
  throw new BalancerError(
    issues.every(isNumberOutOfRange) ? "OUT_OF_RANGE" : "INVALID_ARGUMENT",
    shown.join("; "),
    { hint: "Correct the arguments named and call again." },
  );
}

function describe(issue: Issue, schema: z.ZodObject, raw: unknown): string[] {
  if (issue.code === "unrecognized_keys") {
    const known = issue.path.length === 0 ? Object.keys(schema.shape) : [];
    return issue.keys.map(
      (key) =>
        `${pointer([...issue.path, key])}: unknown argument${didYouMean(key, known)}`,
    );
  }
  if (issue.code === "invalid_union") {
    const closest = closestBranch(issue.errors);
    if (closest !== null)
      return closest.flatMap((inner) =>
        describe(
          { ...inner, path: [...issue.path, ...inner.path] } as Issue,
          schema,
          raw,
        ),
      );
  }
  const value = valueAt(raw, issue.path);
  const where = pointer(issue.path);
  if (value === undefined) return [`${where}: required`];
  const got = typeof value === "number" ? `, got ${value}` : "";
  return [`${where}: ${issue.message}${got}`];
}

/** The branch that got furthest: its problems are likelier to be what the caller meant. */
function closestBranch(
  branches: readonly (readonly Issue[])[],
): readonly Issue[] | null {
  const depth = (issues: readonly Issue[]): number =>
    Math.max(0, ...issues.map((issue) => issue.path.length));
  let best: readonly Issue[] | null = null;
  for (const branch of branches)
    if (branch.length > 0 && depth(branch) > (best === null ? 0 : depth(best)))
      best = branch;
  return best;
}

const isNumberOutOfRange = (issue: Issue): boolean =>
  (issue.code === "too_small" || issue.code === "too_big") &&
  (issue.origin === "number" || issue.origin === "int");

/** RFC 6901; a key from outside may be long or hold anything. */
function pointer(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "/";
  const text = path
    .map((key) => String(key).replaceAll("~", "~0").replaceAll("/", "~1"))
    .join("/");
  return quoted(`/${text}`).slice(1, -1);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
