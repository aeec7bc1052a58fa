/** Memory of processes without counting twice what they share. */

import { readFileSync } from "node:fs";

const KIB_PER_MIB = 1_024;

/** Proportional set size of all of them, MiB: a page shared by n processes counts as an n-th for each. Throws where there is no /proc. */
export function pssMb(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    kib += Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? Number.NaN);
  }
  return kib / KIB_PER_MIB;
}
