/** What a task returned, as JSON text; or why it cannot be, and where. */

import { wireError } from "../core/errors.ts";
import { describe } from "./kinds/import-error.ts";
import type { WorkerOutcome } from "./protocol.ts";

/** `undefined` is null: a task may return nothing. NaN and the infinities are null too, as JSON has it. */
export function encodeResult(value: unknown, maxBytes: number): WorkerOutcome {
  let text: string | undefined;
  try {
    text = JSON.stringify(value ?? null, refuseUnspeakable);
  } catch (thrown) {
    return unserializable(describe(thrown));
  }
  if (text === undefined)
    return unserializable(`result: a ${typeof value} is not JSON`);
  const bytes = Buffer.byteLength(text);
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

const unserializable = (message: string): WorkerOutcome => ({
  status: "failed",
  error: wireError(
    "RESULT_NOT_SERIALIZABLE",
    message,
    "Return plain JSON: objects, arrays, strings, finite numbers, booleans, null.",
  ),
  valueJson: null,
});
