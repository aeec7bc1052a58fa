/**
 * A session's state as JSON text: an object by key. What JSON would not give back as it was (a function,
 * a connection, a Date, a Map) is left out, each entry as a whole, and named: such things are of use to
 * the process that made them, and a task that keeps one there has done nothing wrong.
 */

import { describe } from "./kinds/import-error.ts";

export interface EncodedState {
  readonly json: string;
  /** The keys that were left out, and why. */
  readonly unsaved: ReadonlyMap<unknown, string>;
}

/** Deeper than this, or in a circle. */
const MAX_DEPTH = 100;

export function encodeState(
  state: ReadonlyMap<unknown, unknown>,
): EncodedState {
  const unsaved = new Map<unknown, string>();
  const entries: string[] = [];
  for (const [key, value] of state) {
    if (value === undefined) continue;
    try {
      const problem =
        typeof key === "string"
          ? problemIn(value, 0)
          : `its key is a ${typeof key}, not a string`;
      if (problem === null)
        entries.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
      else unsaved.set(key, problem);
    } catch (thrown) {
      // A getter or a proxy of the task's.
      unsaved.set(key, describe(thrown));
    }
  }
  return { json: `{${entries.join(",")}}`, unsaved };
}

/** Why JSON would not give it back as it is; null: it would. */
function problemIn(value: unknown, depth: number): string | null {
  switch (typeof value) {
    case "string":
    case "boolean":
      return null;
    case "number":
      return Number.isFinite(value) ? null : `${value} is not JSON`;
    case "object":
      return value === null ? null : problemInside(value, depth);
    default:
      return `a ${typeof value} is not JSON`;
  }
}

function problemInside(value: object, depth: number): string | null {
  if (depth === MAX_DEPTH)
    return `it is nested more than ${MAX_DEPTH} levels deep, or contains itself`;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) {
      const problem = problemIn(value[at], depth + 1);
      if (problem !== null) return `at [${at}]: ${problem}`;
    }
    return null;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    return `a ${nameOf(value)} is not JSON`;
  if (typeof (value as { toJSON?: unknown }).toJSON === "function")
    return "it has its own toJSON";
  for (const [key, inner] of Object.entries(value)) {
    // As JSON has it: left out, and read as undefined again.
    if (inner === undefined) continue;
    const problem = problemIn(inner, depth + 1);
    if (problem !== null) return `at .${key.slice(0, 80)}: ${problem}`;
  }
  return null;
}

const nameOf = (value: object): string =>
  String(
    (value.constructor as { name?: unknown } | undefined)?.name ?? "object",
  ).slice(0, 80) || "object";
