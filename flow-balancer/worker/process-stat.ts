/** What the kernel says of a process, from /proc. Null where there is no /proc, or no such process. */

import { readFileSync } from "node:fs";

export interface ProcessStat {
  /** proc(5): R running, S sleeping, D waiting for a device, T stopped, t traced, Z zombie, X dead. */
  readonly letter: string;
  /** Of all its threads, in user and in kernel mode, in ticks of 10 ms. */
  readonly cpuTicks: number;
  /** Since boot, in ticks: with the pid it names one process and no other. */
  readonly startedAtTicks: number;
}

/** USER_HZ: what the kernel shows ticks as is 100 a second on every architecture Bun has. */
export const TICK_MS = 10;

export function readProcessStat(pid: number): ProcessStat | null {
  const text = readProc(pid, "stat");
  return text === null ? null : parseProcessStat(text);
}

/** Of the text of /proc/<pid>/stat; null if it is none. */
export function parseProcessStat(text: string): ProcessStat | null {
  // The second field, the name in parentheses, may hold spaces, parentheses and line ends itself.
  const end = text.lastIndexOf(") ");
  if (end === -1) return null;
  // From the third field on.
  const fields = text.slice(end + 2).split(" ");
  const letter = fields[0] ?? "";
  const cpuTicks = Number(fields[11]) + Number(fields[12]);
  const startedAtTicks = Number(fields[19]);
  return /^[A-Za-z]$/.test(letter) &&
    Number.isSafeInteger(cpuTicks) &&
    Number.isSafeInteger(startedAtTicks)
    ? { letter, cpuTicks, startedAtTicks }
    : null;
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
