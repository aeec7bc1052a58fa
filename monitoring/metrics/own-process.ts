/** What this process itself uses. By hand: the defaults of prom-client report another runtime's figures. */

import { heapSize } from "bun:jsc";
import { readdir } from "node:fs/promises";

export interface OwnProcess {
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** Null where there is no /proc. */
  readonly openFiles: number | null;
  /** Seconds since 1970. */
  readonly startedAt: number;
}

const S_PER_US = 1e-6;
const MS_PER_S = 1_000;

export async function ownProcess(): Promise<OwnProcess> {
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: process.memoryUsage.rss(),
    heapBytes: heapSize(),
    userSeconds: user * S_PER_US,
    systemSeconds: system * S_PER_US,
    openFiles: await openFiles(),
    startedAt: performance.timeOrigin / MS_PER_S,
  };
}

async function openFiles(): Promise<number | null> {
  try {
    // One of them is that of the folder itself.
    return (await readdir("/proc/self/fd")).length - 1;
  } catch {
    return null;
  }
}
