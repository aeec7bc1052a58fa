/** Under which name a command line claims: two calls of one script are one holder, two scripts are two. */

import { hostname } from "node:os";
import { holderId, type HolderId } from "../core/ids.ts";
import { pidStarted } from "../store/instance-process.ts";

/**
 * What was asked for with --as; else FLOW_BALANCER_AS; else `user@host:pid.start` of the process that
 * called, which is the shell that runs a script. A subshell that calls twice is a process of its own.
 */
export function holderName(
  asked: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): HolderId {
  return holderId(
    asked ??
      (environment["FLOW_BALANCER_AS"] ||
        callerName(process.ppid, environment["USER"])),
  );
}

function callerName(pid: number, user: string | undefined): string {
  const started = pidStarted(pid);
  // A job of cron or in a container may have no name.
  const who = user || `uid${process.getuid?.() ?? ""}`;
  return `${who}@${hostname()}:${pid}${started === "" ? "" : `.${started}`}`;
}
