/**
 * A small process that outlives a server which is killed, only to end what that server started.
 * It waits for the end of its stdin, which the server's death closes, kills every process with
 * the server's mark in its environment, and exits. Linux only: elsewhere workers still end with
 * the server (`--no-orphans`), but a command's own children may not.
 */

import { OWNER_VARIABLE } from "./process-tree.ts";

/** A zombie's environment is empty, so the loop ends when the last one is dead; 50 rounds bound a fork bomb. */
const SCRIPT = `
read -r _
round=0
while [ "$round" -lt 50 ]; do
  pids=$(grep -lsz -- "^$1" /proc/[0-9]*/environ | cut -d/ -f3)
  [ -z "$pids" ] && exit 0
  kill -9 $pids 2>/dev/null
  round=$((round + 1))
done`;

export interface Guardian {
  /** Lets it look once more and go. */
  release(): void;
}

/** Null where there is no /proc. Its own environment carries no mark, so it never ends itself. */
export function startGuardian(instance: string): Guardian | null {
  if (process.platform !== "linux") return null;
  const guardian = Bun.spawn(
    [
      "/bin/sh",
      "-c",
      SCRIPT,
      "flow-balancer-guardian",
      `${OWNER_VARIABLE}=${instance}/`,
    ],
    {
      env: { PATH: "/usr/bin:/bin" },
      stdin: "pipe",
      stdout: "ignore",
      stderr: "ignore",
      // In a group of its own: a signal to the terminal's or the server's group must not reach it.
      detached: true,
    },
  );
  guardian.unref();
  return { release: () => void guardian.stdin.end() };
}
