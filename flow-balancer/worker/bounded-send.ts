/**
 * `process.send` as tasks have it. A channel gathers a message in full before anybody can refuse
 * it, so one that is too large has to be refused where it is sent. Against accidents: code that
 * means harm has other ways.
 */

export type Send = (message: unknown, ...rest: unknown[]) => boolean;

/** 1 MiB; a character counts as one byte, as most are. */
export const MAX_MESSAGE_BYTES = 1_048_576;
/** A value's place, with the value if it is a number or the like: about what a structured clone takes for one. */
const SLOT_BYTES = 8;

/** Throws RangeError for what is too large, and passes on the rest. */
export const boundedSend =
  (send: Send): Send =>
  (message, ...rest) => {
    if (isBeyond(message, MAX_MESSAGE_BYTES))
      throw new RangeError(
        `process.send: the message is larger than ${MAX_MESSAGE_BYTES.toLocaleString("en")} bytes; return large values as the task's result, or write them to a file`,
      );
    return send(message, ...rest);
  };

/** Whether it would take more than `limit` bytes, about; looks no further than it has to. */
export function isBeyond(message: unknown, limit: number): boolean {
  if (typeof message === "string") return message.length > limit;
  const seen = new Set<unknown>();
  const waiting = [message];
  let bytes = SLOT_BYTES;
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === "string") bytes += value.length;
    else if (typeof value === "object" && value !== null && !seen.has(value)) {
      seen.add(value);
      bytes += bytesInside(value);
      // Its parts are looked at only while they are few enough to be.
      if (bytes <= limit) for (const part of partsOf(value)) waiting.push(part);
    }
    if (bytes > limit) return true;
  }
  return false;
}

/** Of what it holds, without the texts and objects among its parts. */
function bytesInside(value: object): number {
  if (ArrayBuffer.isView(value)) return 0;
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return value.byteLength;
  if (Array.isArray(value)) return value.length * SLOT_BYTES;
  if (value instanceof Map || value instanceof Set)
    return value.size * SLOT_BYTES;
  return Object.keys(value).reduce(
    (sum, key) => sum + SLOT_BYTES + key.length,
    0,
  );
}

function partsOf(value: object): Iterable<unknown> {
  // It is sent with all of the memory it looks at.
  if (ArrayBuffer.isView(value)) return [value.buffer];
  if (Array.isArray(value) || value instanceof Set) return value;
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  return Object.values(value);
}
