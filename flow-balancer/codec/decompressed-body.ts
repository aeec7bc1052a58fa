/**
 * The body of a request that came compressed, as far as a limit. It is decompressed in pieces of 64 KiB, so
 * that a small body that becomes a huge one costs no more than the limit; unlike the calls that take all
 * at once, the stream also notices a body that was cut off and one with something behind its end.
 */

import type { Compression } from "./compress.ts";

/** Null when it is longer than `maxBytes`, of which no more is held. Throws a TypeError for bytes of another format, or not all of them. */
export async function decompressedBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  compression: Compression,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body.pipeThrough(
    new DecompressionStream(compression),
  )) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
