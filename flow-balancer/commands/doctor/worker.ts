/** A worker process: started as the pool starts one, it must say that it is ready. */

import type { Config } from "../../config.ts";
import { fail, type Finding, ok } from "./finding.ts";

export type WorkerProbe =
  | { readonly type: "ready"; readonly startMs: number }
  | { readonly type: "failed"; readonly reason: string };

/** Starts one worker for this configuration and ends it again. */
export type ProbeWorker = (config: Config) => Promise<WorkerProbe>;

export async function checkWorker(
  config: Config,
  probe: ProbeWorker,
): Promise<Finding> {
  const found = await probe(config);
  return found.type === "ready"
    ? ok("worker", `ready in ${Math.round(found.startMs)} ms`)
    : fail(
        "worker",
        `a worker process does not start: ${found.reason}`,
        "Run bun install --frozen-lockfile, and see that the limits on processes and memory leave room (ulimit -a).",
      );
}
