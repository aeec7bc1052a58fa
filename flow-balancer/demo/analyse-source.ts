/**
 * What the demo wants to know of one source file. Pure, and real work: most of the time goes into
 * the three compressors at their highest usual levels.
 */

import { createHash } from "node:crypto";
import {
  brotliCompressSync,
  constants,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";

export interface SourceMeasures {
  readonly bytes: number;
  /** Newline characters, as `wc -l` counts them. */
  readonly lines: number;
  /** Words (letters, digits, '_') and every other character that is not white space. */
  readonly tokens: number;
  readonly sha256: string;
  readonly gzip_bytes: number;
  readonly zstd_bytes: number;
  readonly brotli_bytes: number;
}

const TOKEN = /[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;
const NEWLINE = 10;

export const GZIP_LEVEL = 9;
/** The highest that needs no special window. */
const ZSTD_LEVEL = 19;
const BROTLI_LEVEL = 11;

export function analyseSource(source: Uint8Array): SourceMeasures {
  return {
    bytes: source.byteLength,
    lines: countLines(source),
    tokens: new TextDecoder().decode(source).match(TOKEN)?.length ?? 0,
    sha256: createHash("sha256").update(source).digest("hex"),
    gzip_bytes: gzipSync(source, { level: GZIP_LEVEL }).byteLength,
    zstd_bytes: zstdCompressSync(source, {
      params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
    }).byteLength,
    brotli_bytes: brotliCompressSync(source, {
      params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_LEVEL },
    }).byteLength,
  };
}

export function countLines(source: Uint8Array): number {
  let lines = 0;
  for (
    let at = source.indexOf(NEWLINE);
    at >= 0;
    at = source.indexOf(NEWLINE, at + 1)
  )
    lines++;
  return lines;
}
