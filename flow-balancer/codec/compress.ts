/**
 * Bytes to fewer bytes, and back only as far as a limit. Bun's own helpers compress; they never decompress
 * here, since they have no limit of output (8,211 bytes become 256 MiB).
 */

import { promisify } from "node:util";
import { gunzipSync, gzip, zstdDecompressSync } from "node:zlib";

export type Compression = "gzip" | "zstd";

/**
 * What keeps up. By `bun run bench codec` on 2 cores, of 128 and 256 KiB of JSON, source text and logs: level 1
 * packs a MiB in 1.3 to 3.3 ms, a tenth to a fifth of what gzip 6 takes, and gives 1 to 14 % more bytes than it;
 * level 3 takes 1.3 to 1.5 times as long and is between 5 % bigger and 8 % smaller; level 6, the first below
 * gzip 6, takes 4 to 10 times as long.
 */
const ZSTD_LEVEL = 1;
/**
 * Of gzip, for clients without zstd. By libdeflate it takes up to 1.6 times as long as zstd 1 for as many
 * bytes; that has no form off the thread, where zlib's is as fast and gives a third more.
 */
const GZIP_LEVEL = 1;

/** Up to here the caller's thread is held for 0.2 to 0.4 ms; more is compressed off it. */
export const OFF_THREAD_BYTES = 131_072;

const gzipOffThread = promisify(gzip);

/** On this thread: for at most OFF_THREAD_BYTES where others wait. */
export const compress = (
  raw: Uint8Array<ArrayBuffer>,
  compression: Compression,
): Uint8Array<ArrayBuffer> =>
  compression === "zstd"
    ? (Bun.zstdCompressSync(raw, { level: ZSTD_LEVEL }) as Buffer<ArrayBuffer>)
    : Bun.gzipSync(raw, { level: GZIP_LEVEL, library: "libdeflate" });

/** The event loop goes on meanwhile. `raw` must not change until it resolves. */
export const compressOffThread = (
  raw: Uint8Array<ArrayBuffer>,
  compression: Compression,
): Promise<Uint8Array<ArrayBuffer>> =>
  compression === "zstd"
    ? (Bun.zstdCompress(raw, { level: ZSTD_LEVEL }) as Promise<
        Buffer<ArrayBuffer>
      >)
    : gzipOffThread(raw, { level: GZIP_LEVEL });

/**
 * Throws a RangeError beyond `maxBytes`, with no more than that held, and an Error for bytes of another
 * format. A zstd stream that was cut off gives what there is, without an error: check the length.
 */
export function decompress(
  packed: Uint8Array,
  compression: Compression,
  maxBytes: number,
): Uint8Array {
  // Zero is refused as a limit.
  const options = { maxOutputLength: Math.max(1, maxBytes) };
  return compression === "zstd"
    ? zstdDecompressSync(packed, options)
    : gunzipSync(packed, options);
}
