/**
 * Text as a store keeps it: short text as text, long text compressed as bytes. SQLite tells the two apart
 * by itself (a BLOB in a TEXT column stays a BLOB), so that no text can be mistaken for a packed one, rows
 * of before are read as they are, and a column needs no change.
 */

import { OFF_THREAD_BYTES } from "./compress.ts";
import {
  damaged,
  damageOf,
  decodePayload,
  encodePayload,
  encodePayloadOffThread,
  isCompressed,
} from "./payload-codec.ts";

export type StoredText = string | Uint8Array;

/**
 * Shorter text (UTF-16 units) stays as it is. By `bun run bench codec` on 2 cores: of 1 KiB, rows are written
 * 5 to 10 us slower packed; from 2 KiB on, where a text row fills a page of its own, as fast, in a quarter
 * (source text) to a seventh (JSON lists) of the room. Of 64 KiB they are written 13 (JSON) to 140 us (source
 * text) slower and read 25 to 50 us slower, in a fifth to a third of the room.
 */
export const MIN_PACKED_CHARS = 2_048;

/**
 * How packed bytes begin when they are read as a text, which takes no more than one flipped bit in the
 * head of their row. No JSON begins so; any other text that does is packed, however short.
 */
const looksPacked = (text: string): boolean =>
  text.charCodeAt(0) === 0xff_fd && text.charCodeAt(1) <= 2;
const TAKEN_FOR_TEXT = "its stored bytes were taken for a text";

/** What a setting can allow a payload to be at most. */
const MAX_BYTES = 1_073_741_824;

/** Big text is compressed off the thread; only then is it a promise. Text that would not shrink, or is not well-formed Unicode, stays text. */
export function packText(text: string): StoredText | Promise<StoredText> {
  if (looksPacked(text)) return encodePayload(Buffer.from(text));
  if (text.length < MIN_PACKED_CHARS || !text.isWellFormed()) return text;
  const raw = Buffer.from(text);
  if (raw.length > OFF_THREAD_BYTES) return packBig(text, raw);
  const encoded = encodePayload(raw);
  return isCompressed(encoded) ? encoded : text;
}

type Both = readonly [StoredText | null, StoredText | null];

/** Two that are stored together; null stays null. */
export function packBoth(
  one: string | null,
  other: string | null,
): Both | Promise<Both> {
  const first = one === null ? null : packText(one);
  const second = other === null ? null : packText(other);
  return first instanceof Promise || second instanceof Promise
    ? Promise.all([first, second])
    : [first, second];
}

async function packBig(
  text: string,
  raw: Uint8Array<ArrayBuffer>,
): Promise<StoredText> {
  const encoded = await encodePayloadOffThread(raw);
  return isCompressed(encoded) ? encoded : text;
}

/** Throws PAYLOAD_DAMAGED with `what` in its message: "the value of task x". */
export function unpackText(stored: StoredText, what: string): string {
  if (typeof stored === "string") {
    if (!looksPacked(stored)) return stored;
    throw damaged(what, TAKEN_FOR_TEXT);
  }
  const raw = decodePayload(stored, { what, maxBytes: MAX_BYTES });
  return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString();
}

/** What is wrong with it, without unpacking it; null for nothing. */
export const damageOfText = (stored: StoredText): string | null =>
  typeof stored !== "string"
    ? damageOf(stored)
    : looksPacked(stored)
      ? TAKEN_FOR_TEXT
      : null;
