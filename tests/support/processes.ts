/**
 * Living processes as the kernel sees them. A zombie counts as dead: who is to collect it is not
 * always ours to say. Whatever inherited a mark in its environment is found after its parents are
 * gone; what clears its environment is found as a descendant as long as its parents live.
 */

import { readdirSync, readFileSync } from "node:fs";

export interface LivingProcess {
  readonly pid: number;
  readonly parent: number;
  /** In clock ticks since boot: with the pid, one process and no other. */
  readonly startedAt: string;
  readonly command: string;
}

export function livingProcess(pid: number): LivingProcess | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything: fields are counted from the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return null;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return {
      pid,
      parent: Number(fields[1]),
      startedAt: fields[19] ?? "",
      command: command.replaceAll("\0", " ").trim(),
    };
  } catch {
    return null;
  }
}

const allLiving = (): LivingProcess[] =>
  readdirSync("/proc")
    .map(Number)
    .filter(Number.isInteger)
    .flatMap((pid) => livingProcess(pid) ?? []);

/** Children, their children, and so on. */
export function descendants(ancestor: number): LivingProcess[] {
  const all = allLiving();
  const found: LivingProcess[] = [];
  for (let parents = [ancestor]; parents.length > 0;) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map(({ pid }) => pid);
  }
  return found;
}

/** Those with exactly this `NAME=value` in the environment they were started with. */
export function marked(variable: string): LivingProcess[] {
  return allLiving().filter(({ pid }) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8")
        .split("\0")
        .includes(variable);
    } catch {
      return false;
    }
  });
}

/** Whether this very process, not another with its pid, is still there. */
export const isSame = ({ pid, startedAt }: LivingProcess): boolean =>
  livingProcess(pid)?.startedAt === startedAt;

export function kill(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  if (pid <= 1) throw new Error(`${pid} is not a process of ours`);
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
  }
}
