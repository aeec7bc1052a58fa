/** What a router saw of a task, small enough to be kept with its decision: enough to learn from the outcome, not enough to read the task. */

import type { JsonValue } from "../../flow-balancer/core/json.ts";
import { type Features, SHAPES } from "./features.ts";

/** Base64 of the places (16 bits each, little-endian), and the shape to three digits. */
export function packFeatures({ type, words, shape }: Features): JsonValue {
  const bytes = new Uint8Array(2 * words.length);
  const view = new DataView(bytes.buffer);
  for (const [at, word] of words.entries()) view.setUint16(2 * at, word, true);
  return {
    type,
    words: bytes.toBase64(),
    shape: shape.map((it) => Math.round(it * 1_000) / 1_000),
  };
}

/** Null for what `packFeatures` did not write. */
export function unpackFeatures(packed: unknown): Features | null {
  if (typeof packed !== "object" || packed === null) return null;
  const { type, words, shape } = packed as Readonly<Record<string, unknown>>;
  if (typeof type !== "string" || typeof words !== "string") return null;
  if (!Array.isArray(shape) || shape.length !== SHAPES) return null;
  if (!shape.every((it) => typeof it === "number" && Number.isFinite(it)))
    return null;
  const bytes = bytesOf(words);
  if (bytes === null || bytes.length % 2 !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    type,
    words: Uint16Array.from({ length: bytes.length / 2 }, (_, at) =>
      view.getUint16(2 * at, true),
    ),
    shape: shape as number[],
  };
}

function bytesOf(text: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return null;
  }
}
