/** Whether a process is the one that was meant: a pid alone may be another's by now. */

import { readFileSync } from "node:fs";
import type { ProcessState } from "../core/instance.ts";
import { parseProcessStat } from "../core/process-stat.ts";

/** When it started, in clock ticks since the machine did; empty where there is no /proc, or no such process. */
export const pidStarted = (pid: number): string => livingSince(pid) ?? "";

/** `started`: as `pidStarted` gave it. */
export function processState(pid: number, started: string): ProcessState {
  if (started === "" || pidStarted(process.pid) === "") return "unknown";
  return livingSince(pid) === started ? "same" : "gone";
}

/** Null for a zombie too: nothing of it runs any more. */
function livingSince(pid: number): string | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  const stat = parseProcessStat(text);
  if (stat === null || stat.letter === "Z" || stat.letter === "X") return null;
  return String(stat.startedAtTicks);
}
