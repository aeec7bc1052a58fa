/** Living processes by what they inherited in their environment, however far from their worker they went. */

import { readdirSync, readFileSync } from "node:fs";
import { OWNER_VARIABLE } from "../flow-balancer/worker/process-tree.ts";

export interface MarkedProcess {
  readonly pid: number;
  /** The worker it came of; null if it was none. */
  readonly owner: string | null;
}

/** Those started with exactly this `NAME=value`. A zombie has no environment and is not among them. */
export function livingWith(variable: string): MarkedProcess[] {
  return readdirSync("/proc")
    .map(Number)
    .filter(Number.isInteger)
    .flatMap((pid) => {
      const environment = environmentOf(pid);
      if (!environment.includes(variable)) return [];
      const mark = environment.find((it) =>
        it.startsWith(`${OWNER_VARIABLE}=`),
      );
      // <instance>/<worker>/
      return [{ pid, owner: mark?.split("/")[1] ?? null }];
    });
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    // Gone meanwhile, or another user's.
    return [];
  }
}
