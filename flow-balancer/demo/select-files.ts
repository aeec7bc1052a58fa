/** Which tracked files the demo analyses, and what it leaves out and why: every tracked path is in one of the two. */

import { closeSync, lstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";

export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface LeftOut {
  readonly binary: number;
  readonly too_large: number;
  /** Links, submodules, and what is deleted in the work tree. */
  readonly not_a_file: number;
  /** Names with control characters or bytes that are not UTF-8. */
  readonly unprintable_name: number;
  readonly unreadable: number;
  /** There were more than the demo has time for; those taken are spread evenly. */
  readonly not_sampled: number;
}

export interface Selection {
  /** Largest first: what takes long should not start last. */
  readonly files: readonly SourceFile[];
  readonly leftOut: LeftOut;
}

export interface SelectionLimits {
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  readonly maxTotalBytes: number;
}

/**
 * Larger ones are data or generated. A batch takes 1,000 tasks. One processor compresses about
 * 0.75 MB a second (most of it brotli), and the work is done twice.
 */
export const DEMO_LIMITS: SelectionLimits = {
  maxFileBytes: 262_144,
  maxFiles: 990,
  maxTotalBytes: 6_000_000,
};

export function selectFiles(
  root: string,
  paths: readonly string[],
  limits: SelectionLimits = DEMO_LIMITS,
): Selection {
  const leftOut = {
    binary: 0,
    too_large: 0,
    not_a_file: 0,
    unprintable_name: 0,
    unreadable: 0,
    not_sampled: 0,
  };
  const fit: SourceFile[] = [];
  for (const path of paths) {
    const file = inspect(root, path, limits.maxFileBytes);
    if (typeof file === "string") leftOut[file]++;
    else fit.push(file);
  }
  const files = sample(fit, limits).sort((a, b) => b.bytes - a.bytes);
  leftOut.not_sampled = fit.length - files.length;
  return { files, leftOut };
}

/** It has the size and the time it had when it was selected. */
export function isUnchanged(root: string, file: SourceFile): boolean {
  const info = lstatSync(join(root, file.path), { throwIfNoEntry: false });
  return info?.size === file.bytes && info.mtimeMs === file.modifiedMs;
}

/** The file, or why not. */
function inspect(
  root: string,
  path: string,
  maxFileBytes: number,
): SourceFile | keyof LeftOut {
  if (/[\p{Cc}\uFFFD]/u.test(path)) return "unprintable_name";
  const absolute = join(root, path);
  const info = lstatSync(absolute, { throwIfNoEntry: false });
  if (!info?.isFile()) return "not_a_file";
  if (info.size > maxFileBytes) return "too_large";
  try {
    return isBinary(absolute)
      ? "binary"
      : { path, bytes: info.size, modifiedMs: info.mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") return "unreadable";
    throw error;
  }
}

/** Git's own rule: a NUL among the first 8,000 bytes. */
function isBinary(path: string): boolean {
  const head = Buffer.alloc(8_000);
  const file = openSync(path, "r");
  try {
    return head.subarray(0, readSync(file, head)).includes(0);
  } finally {
    closeSync(file);
  }
}

function sample(
  files: readonly SourceFile[],
  limits: SelectionLimits,
): SourceFile[] {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const share = Math.min(
    1,
    limits.maxFiles / files.length,
    limits.maxTotalBytes / total,
  );
  return files.filter(
    (_, index) => Math.floor((index + 1) * share) > Math.floor(index * share),
  );
}
