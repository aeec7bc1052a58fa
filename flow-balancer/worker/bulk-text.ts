/**
 * A long text as bytes in shared memory, and what is said of it to the other process.
 * The bytes are those the engine itself holds, one or two a character: they are copied, not
 * transcoded, and every string survives, lone surrogates included. UTF-8 takes 30 times as long for
 * texts that are not ASCII (1 MiB with umlauts: 3.7 ms both ways, here 0.35).
 *
 * A description comes from a process that may run anybody's code: each number is looked at before
 * it is used.
 */

/** The longest text that goes this way, in bytes as they are stored. */
export const MAX_BULK_BYTES = 64 * 1_048_576;

type BulkEncoding = "latin1" | "utf16le";

/** Plain JSON; the numbers are safe integers. */
export interface BulkText {
  readonly bytes: number;
  readonly encoding: BulkEncoding;
  /** 52 bits of xxHash3 over the bytes: against a mix-up and a scribble, not against an adversary. */
  readonly hash: number;
}

/** What is said of a text is not so. The message names what; it never holds the text. */
export class BulkTextError extends Error {
  override readonly name = "BulkTextError";
}

const HASH_BITS = 52;
const PROBE_CHARS = 1_024;
const BEYOND_LATIN1 = /[\u0100-\uffff]/;

/** Another one for the same bytes in another encoding. */
export const bulkHash = (bytes: Uint8Array, encoding: BulkEncoding): number =>
  Number(
    BigInt.asUintN(
      HASH_BITS,
      Bun.hash.xxHash3(bytes, encoding === "latin1" ? 1n : 2n),
    ),
  );

/** One byte a character where all of them have one: nothing shorter than writing it down tells for sure. */
export function encodingOf(text: string): BulkEncoding {
  if (Buffer.byteLength(text) === text.length) return "latin1";
  if (BEYOND_LATIN1.test(text.slice(0, PROBE_CHARS))) return "utf16le";
  return Buffer.from(text, "latin1").toString("latin1") === text
    ? "latin1"
    : "utf16le";
}

export const encodedBytes = (text: string, encoding: BulkEncoding): number =>
  encoding === "latin1" ? text.length : 2 * text.length;

/** Throws BulkTextError for what describes no text of 1..`maxBytes` bytes. */
export function checkBulkText(raw: unknown, maxBytes: number): BulkText {
  const { bytes, encoding, hash } = (raw ?? {}) as Record<string, unknown>;
  if (!isWithin(bytes, 1, maxBytes))
    throw new BulkTextError(`of a long text: bytes must be 1..${maxBytes}`);
  if (encoding !== "latin1" && encoding !== "utf16le")
    throw new BulkTextError("of a long text: encoding is none");
  if (encoding === "utf16le" && bytes % 2 !== 0)
    throw new BulkTextError(`of a long text: ${bytes} bytes are not utf16le`);
  if (!isWithin(hash, 0, 2 ** HASH_BITS - 1))
    throw new BulkTextError("of a long text: hash is none");
  return { bytes, encoding, hash };
}

/** The text in the first bytes of `source`: a copy, which nobody else can change. */
export function decodeBulkText(source: Buffer, expected: BulkText): string {
  const { bytes, encoding, hash } = expected;
  if (bulkHash(source.subarray(0, bytes), encoding) !== hash)
    throw new BulkTextError(`a long text of ${bytes} bytes has another hash`);
  return source.toString(encoding, 0, bytes);
}

export const isWithin = (
  value: unknown,
  min: number,
  max: number,
): value is number =>
  Number.isSafeInteger(value) &&
  (value as number) >= min &&
  (value as number) <= max;
