/** Under which name a command line claims: all that runs in one terminal, one job or one agent's session is one holder. */

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { clientSessionOf, implicitSession } from "../client-session.ts";
import { holderId, type HolderId } from "../core/ids.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What was asked for with --as; else FLOW_BALANCER_AS; else as the server of the same agent's session; else `user@host:pid.start` of what leads the session of this process. */
export function holderName(
  asked: string | undefined,
  environment: Environment,
): HolderId {
  const said = asked ?? (environment["FLOW_BALANCER_AS"] || undefined);
  if (said !== undefined) return holderId(said);
  const client = clientSessionOf(environment);
  return client === null
    ? holderId(sessionName(environment))
    : implicitSession(client);
}

/**
 * A terminal, a cron job and a service have a session each, which whatever they start stays in, by
 * however many programs; a pid alone would come back as another's.
 */
function sessionName(environment: Environment): string {
  const session = readProcess(process.pid)?.session ?? 0;
  // 0: it is led from outside a container.
  const pid = session > 0 ? session : process.ppid;
  const started = readProcess(pid)?.started ?? "";
  // A job of cron or in a container may have no name.
  const who = environment["USER"] || `uid${process.getuid?.() ?? ""}`;
  return `${who}@${hostname()}:${pid}${started === "" ? "" : `.${started}`}`;
}

interface Process {
  /** The pid of what leads its session, or led it: nothing else gets that pid while the session lasts. */
  readonly session: number;
  /** In clock ticks since the machine started; with the pid, one process and no other. */
  readonly started: string;
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
  return { session: Number(fields[3]), started: fields[19] ?? "" };
}
