/** The most memory this process held since it was last asked: the kernel keeps the mark, so that no peak falls between two looks. */

import { readFileSync, writeFileSync } from "node:fs";

const KIB_PER_MIB = 1_024;

/** MiB. Throws where there is no /proc. */
export const residentMb = (): number => statusMb("VmRSS");

/** MiB, since `forgetPeak`. */
export const peakMb = (): number => statusMb("VmHWM");

/** proc_pid_clear_refs(5): 5 sets the mark back to what is held now. */
export const forgetPeak = (): void =>
  writeFileSync("/proc/self/clear_refs", "5");

function statusMb(field: string): number {
  const status = readFileSync("/proc/self/status", "utf8");
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  return Number(kib ?? Number.NaN) / KIB_PER_MIB;
}
