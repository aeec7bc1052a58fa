/**
 * A payload in a form that says whether it is still what it was: how it is compressed, how long it is, and
 * two hashes. Neither gzip nor zstd notices every damage by itself (node:zlib gives a zstd stream that was
 * cut off without an error, and without a checksum both accept a flipped bit).
 *
 *     0  1  0xFB
 *     1  1  0 as it is, 1 gzip, 2 zstd
 *     2  4  length of the payload, bytes (little-endian, as all numbers here)
 *     6  8  XXH3-64 of the payload
 *    14  n  the payload, compressed or as it is
 *  14+n  8  XXH3-64 of everything before
 *
 * The last hash is checked first, so that damaged bytes never reach a decompressor.
 */

import { BalancerError } from "../core/errors.ts";
import {
  compress,
  type Compression,
  compressOffThread,
  decompress,
} from "./compress.ts";

const MAGIC = 0xfb;
const CODINGS = ["identity", "gzip", "zstd"] as const;
type Coding = (typeof CODINGS)[number];

const LENGTH_AT = 2;
/** As much as the four bytes of the length can say. */
const MAX_BYTES = 0xff_ff_ff_ff;
const HASH_AT = 6;
const BODY_AT = 14;
const SEAL_BYTES = 8;
/** What the form adds to the payload. */
export const FRAME_BYTES = BODY_AT + SEAL_BYTES;

/** Of the payload; with more than this left of it, frame included, it is kept as it is, which is read faster. */
const MAX_SHARE = 0.9;

export interface DecodeLimits {
  /** What it is and where, for the message of an error: "the value of task x". */
  readonly what: string;
  /** Of the payload; no more is ever held. */
  readonly maxBytes: number;
}

/** Compressed if that pays, else as it is: see `isCompressed`. Throws PAYLOAD_TOO_LARGE from 4 GiB on. */
export function encodePayload(
  raw: Uint8Array<ArrayBuffer>,
  compression: Compression = "zstd",
): Uint8Array {
  return framed(raw, compression, compress(raw, compression));
}

/** For big ones: the event loop goes on meanwhile. `raw` must not change until it resolves. */
export async function encodePayloadOffThread(
  raw: Uint8Array<ArrayBuffer>,
  compression: Compression = "zstd",
): Promise<Uint8Array> {
  return framed(raw, compression, await compressOffThread(raw, compression));
}

/** Of what `encodePayload` gave. */
export const isCompressed = (encoded: Uint8Array): boolean => encoded[1] !== 0;

/** Throws PAYLOAD_DAMAGED, or PAYLOAD_TOO_LARGE; never anything else. */
export function decodePayload(
  encoded: Uint8Array,
  { what, maxBytes }: DecodeLimits,
): Uint8Array {
  const damage = damageOf(encoded);
  if (damage !== null) throw damaged(what, damage);
  const view = viewOf(encoded);
  const bytes = view.getUint32(LENGTH_AT, true);
  if (bytes > maxBytes)
    throw new BalancerError(
      "PAYLOAD_TOO_LARGE",
      `${what} is ${bytes} bytes, the limit is ${maxBytes}`,
    );
  const body = encoded.subarray(BODY_AT, -SEAL_BYTES);
  const raw = unpacked(body, codingOf(encoded), bytes, what);
  if (raw.length !== bytes)
    throw damaged(what, `it holds ${raw.length} bytes instead of ${bytes}`);
  if (Bun.hash.xxHash3(raw) !== view.getBigUint64(HASH_AT, true))
    throw damaged(what, `its ${bytes} bytes are not those that were stored`);
  return raw;
}

/** What is wrong with the stored bytes, without decompressing them; null for nothing. About 20 us a MiB. */
export function damageOf(encoded: Uint8Array): string | null {
  const { length } = encoded;
  if (length < FRAME_BYTES)
    return `it has ${length} bytes, at least ${FRAME_BYTES} belong to it`;
  if (encoded[0] !== MAGIC) return "it does not begin as a payload does";
  const seal = viewOf(encoded).getBigUint64(length - SEAL_BYTES, true);
  return Bun.hash.xxHash3(encoded.subarray(0, -SEAL_BYTES)) === seal
    ? null
    : `its ${length} stored bytes do not match their checksum`;
}

function unpacked(
  body: Uint8Array,
  coding: Coding | undefined,
  bytes: number,
  what: string,
): Uint8Array {
  if (coding === "identity") return body;
  if (coding === undefined)
    throw damaged(what, "it is compressed in a way this version does not know");
  try {
    return decompress(body, coding, bytes);
  } catch (thrown) {
    if (thrown instanceof RangeError)
      throw damaged(what, `it holds more than the ${bytes} bytes it names`);
    throw damaged(what, `${coding} cannot read it`, thrown);
  }
}

function framed(
  raw: Uint8Array,
  compression: Compression,
  packed: Uint8Array,
): Uint8Array {
  if (raw.length > MAX_BYTES)
    throw new BalancerError(
      "PAYLOAD_TOO_LARGE",
      `a payload of ${raw.length} bytes cannot be stored, the limit is ${MAX_BYTES}`,
    );
  const pays = packed.length + FRAME_BYTES <= raw.length * MAX_SHARE;
  const body = pays ? packed : raw;
  const encoded = new Uint8Array(body.length + FRAME_BYTES);
  const view = viewOf(encoded);
  encoded[0] = MAGIC;
  encoded[1] = CODINGS.indexOf(pays ? compression : "identity");
  view.setUint32(LENGTH_AT, raw.length, true);
  view.setBigUint64(HASH_AT, Bun.hash.xxHash3(raw), true);
  encoded.set(body, BODY_AT);
  const sealAt = encoded.length - SEAL_BYTES;
  const seal = Bun.hash.xxHash3(encoded.subarray(0, sealAt));
  view.setBigUint64(sealAt, seal, true);
  return encoded;
}

const codingOf = (encoded: Uint8Array): Coding | undefined =>
  CODINGS[encoded[1] ?? -1];

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

export const damaged = (
  what: string,
  why: string,
  cause?: unknown,
): BalancerError =>
  new BalancerError("PAYLOAD_DAMAGED", `${what} is damaged: ${why}`, {
    hint: "Nothing else is affected; check the disk if it happens again.",
    cause,
  });
