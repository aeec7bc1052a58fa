/** What the kernel says of a process, from /proc. Null where there is no /proc, or no such process. */

import { readFileSync } from "node:fs";
import { parseProcessStat, type ProcessStat } from "../core/process-stat.ts";

/** USER_HZ: what the kernel shows ticks as is 100 a second on every architecture Bun has. */
export const TICK_MS = 10;

export function readProcessStat(pid: number): ProcessStat | null {
  const text = readProc(pid, "stat");
  return text === null ? null : parseProcessStat(text);
}

/**
 * Proportional set size, KiB: a page that several processes share counts for each by its share, so
 * that the sum over all workers is what they take. The kernel walks all the pages: dearer than `statm`.
 */
export function readPssKib(pid: number): number | null {
  const found = /^Pss: +(\d+) kB$/m.exec(readProc(pid, "smaps_rollup") ?? "");
  return found === null ? null : Number(found[1]);
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return null;
  }
}
