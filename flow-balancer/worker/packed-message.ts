/**
 * The form in which messages cross the channel between a worker and its parent. Short ones go as
 * JSON text: a structured clone of their objects takes longer than the text and its parsing. Of
 * long ones the clone is the faster form, so they go as they are.
 */

import type { FromWorker, ToWorker } from "./protocol.ts";

/** From about 1 KiB on, writing the text costs more than the clone saves. */
const MAX_TEXT_CHARS = 1_024;

export const packed = (message: ToWorker | FromWorker): object | string =>
  bulk(message) > MAX_TEXT_CHARS ? message : JSON.stringify(message);

/** What was packed; null for a text that nobody packed. */
export function unpacked(raw: unknown): unknown {
  if (typeof raw !== "string") return raw;
  try {
    return JSON.parse(raw);
  } catch {
    return null;
  }
}

/** Characters in the one part of a message that may be long. */
function bulk(message: ToWorker | FromWorker): number {
  switch (message.type) {
    case "run":
      return message.inputJson.length;
    case "result":
      return message.outcome.status === "cancelled"
        ? 0
        : (message.outcome.valueJson?.length ?? 0);
    case "session":
    case "state":
      return message.json.length;
    case "output":
      return message.text.length;
    default:
      return 0;
  }
}
