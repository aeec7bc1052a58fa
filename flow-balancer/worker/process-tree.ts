/**
 * Ends whole process trees. A group holds what did not leave it; what did (setsid, a daemon's
 * double fork) still carries a mark in its environment, which `/proc` shows. Where there is no
 * `/proc`, or a process cleared its environment *and* left the group, it is not found.
 */

import { readdirSync, readFileSync } from "node:fs";

/** Set in every worker's environment: `<instance>/<worker>`. */
export const OWNER_VARIABLE = "FLOW_BALANCER_OWNER";
/** Set in every command's environment: the task's id. */
export const TASK_VARIABLE = "FLOW_BALANCER_TASK";

/** A signal to a process group; nothing happens if there is none any more. */
export function signalGroup(
  leader: number,
  signal: "SIGTERM" | "SIGKILL",
): void {
  // 0 would be our own group, and -1 everybody.
  if (leader <= 1) return;
  try {
    process.kill(-leader, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
  }
}

/** Living processes with `name=value` (or a value that starts with it) in their environment, this one left out. A NUL at its end: the value is the whole. */
export function findMarked(name: string, valuePrefix: string): number[] {
  const mark = Buffer.from(`${name}=${valuePrefix}`);
  const found: number[] = [];
  for (const entry of procEntries()) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      // A zombie's environment is empty, so the dead are never counted.
      const environment = readFileSync(`/proc/${pid}/environ`);
      const at = environment.indexOf(mark);
      if (at === 0 || (at > 0 && environment[at - 1] === 0)) found.push(pid);
    } catch {
      // Gone meanwhile, or another user's: neither is ours to end.
    }
  }
  return found;
}

function procEntries(): string[] {
  try {
    return readdirSync("/proc");
  } catch {
    return [];
  }
}

/** SIGKILL to all marked, again until none is left: one may fork while it is looked for. Returns how many it ended. */
export function killMarked(name: string, valuePrefix: string): number {
  const killed = new Set<number>();
  // Each round outlives one generation of forks; a fork bomb needs a cgroup, not more rounds.
  for (let round = 0; round < 10; round++) {
    const pids = findMarked(name, valuePrefix);
    if (pids.length === 0) break;
    for (const pid of pids) {
      killed.add(pid);
      try {
        process.kill(pid, "SIGKILL");
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
      }
    }
  }
  return killed.size;
}
