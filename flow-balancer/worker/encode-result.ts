/** What a task returned, as JSON text; or why it cannot be, and where. */

import { wireError } from "../core/errors.ts";
import { describe } from "./kinds/import-error.ts";
import type { WorkerOutcome } from "./protocol.ts";

type Encoded = Exclude<WorkerOutcome, { readonly status: "cancelled" }>;

/** `undefined` is null: a task may return nothing. NaN and the infinities are null too, as JSON has it. */
export function encodeResult(value: unknown, maxBytes: number): Encoded {
  let text: string | undefined;
  try {
    text = isPlain(value, 0)
      ? JSON.stringify(value ?? null)
      : JSON.stringify(value, refuseUnspeakable);
  } catch (thrown) {
    return unserializable(describe(thrown));
  }
  if (text === undefined)
    return unserializable(`result: a ${typeof value} is not JSON`);
  // Three bytes at most for each UTF-16 unit: short texts need no counting.
  const bytes =
    text.length * 3 <= maxBytes ? text.length : Buffer.byteLength(text);
  if (bytes > maxBytes)
    return {
      status: "failed",
      error: wireError(
        "PAYLOAD_TOO_LARGE",
        `the result is ${bytes} bytes, the limit is ${maxBytes}`,
        "Write large results to a file and return its path.",
      ),
      valueJson: null,
    };
  return { status: "completed", valueJson: text };
}

/** Nesting up to which a value is looked through; deeper ones, and cycles, are JSON.stringify's to judge. */
const MAX_DEPTH = 32;

/** Nothing in it that JSON.stringify would drop or call: then it needs no replacer, which makes it five times slower. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== "object") return value === undefined || isLeaf(value);
  if (value === null) return true;
  if (depth === MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isPlain(item, depth + 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value)
    if (!isPlain((value as Record<string, unknown>)[key], depth + 1))
      return false;
  return true;
}

const isLeaf = (value: unknown): boolean =>
  typeof value === "string" ||
  typeof value === "number" ||
  typeof value === "boolean";

/** JSON.stringify drops functions and symbols without a word; a lost field would be a wrong result. */
function refuseUnspeakable(
  this: unknown,
  key: string,
  value: unknown,
): unknown {
  if (
    typeof value === "function" ||
    typeof value === "symbol" ||
    typeof value === "bigint"
  )
    throw new TypeError(
      `result${key === "" ? "" : `, at key '${key.slice(0, 80)}'`}: a ${typeof value} is not JSON`,
    );
  return value;
}

const unserializable = (message: string): Encoded => ({
  status: "failed",
  error: wireError(
    "RESULT_NOT_SERIALIZABLE",
    message,
    "Return plain JSON: objects, arrays, strings, finite numbers, booleans, null.",
  ),
  valueJson: null,
});
