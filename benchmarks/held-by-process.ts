/** What this process holds of the system, by number: what leaks slowly shows here first. */

import { readdirSync, readFileSync } from "node:fs";
import { residentMb } from "./peak-memory.ts";

export interface Held {
  readonly residentMb: number;
  readonly descriptors: number;
  /** Children that ended and were not collected. */
  readonly zombies: number;
  /** Mappings of shared memory. */
  readonly sharedMaps: number;
  /** Files with a name in shared memory, whoever made them. */
  readonly sharedFiles: number;
}

/** Throws where there is no /proc. */
export const heldNow = (): Held => ({
  residentMb: residentMb(),
  descriptors: readdirSync("/proc/self/fd").length,
  zombies: zombies(),
  sharedMaps: readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.includes("/dev/shm/")).length,
  sharedFiles: readdirSync("/dev/shm").length,
});

function zombies(): number {
  let count = 0;
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      // The name, in parentheses, may hold anything: fields are counted from the last one.
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z" && Number(parent) === process.pid) count++;
    } catch {
      // Gone meanwhile.
    }
  }
  return count;
}
