/** Under which name a command line claims: two calls of one script are one holder, two scripts are two. */

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { holderId, type HolderId } from "../core/ids.ts";

/** What was asked for with --as; else FLOW_BALANCER_AS; else `user@host:pid.start` of the script that called. */
export function holderName(
  asked: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): HolderId {
  return holderId(
    asked ?? (environment["FLOW_BALANCER_AS"] || callerName(environment)),
  );
}

function callerName(
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const { pid, started } = callingScript(process.ppid);
  // A job of cron or in a container may have no name.
  const who = environment["USER"] || `uid${process.getuid?.() ?? ""}`;
  return `${who}@${hostname()}:${pid}${started === "" ? "" : `.${started}`}`;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** In clock ticks since the machine started; with the pid, one process and no other. */
  readonly started: string;
  /** Where its arguments and environment lie: the same for a fork, another after each exec. */
  readonly image: string;
}

/**
 * A subshell, as of `$(...)`, is a fork of its shell that ran no other program: it shares the image.
 * From there up to the shell that was started as a program, which is the script.
 */
function callingScript(pid: number): Pick<Process, "pid" | "started"> {
  let script = readProcess(pid);
  if (script === null) return { pid, started: "" };
  for (;;) {
    const parent: Process | null = readProcess(script.parent);
    if (parent === null || script.image === "" || parent.image !== script.image)
      return script;
    script = parent;
  }
}

/** Of /proc/<pid>/stat, see proc(5). Null where there is no /proc, or no such process. */
function readProcess(pid: number): Process | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  // From the third field on: the second, the name in parentheses, may hold anything.
  const fields = text.slice(text.lastIndexOf(") ") + 2).split(" ");
  const addresses = fields.slice(45, 49);
  return {
    pid,
    parent: Number(fields[1]),
    started: fields[19] ?? "",
    // Hidden from whoever may not look: zeroes.
    image: addresses.every((it) => Number(it) > 0) ? addresses.join() : "",
  };
}
