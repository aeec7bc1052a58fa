/** Starts one worker as the pool would, to see whether one can be started at all. */

import type { WorkerProbe } from "./commands/doctor/worker.ts";
import type { Config } from "./config.ts";
import { workerId } from "./core/ids.ts";
import { bunEnv } from "./env.ts";
import { unpacked } from "./worker/packed-message.ts";
import { readMessage } from "./worker/read-message.ts";
import { workerEnvironment } from "./worker/worker-environment.ts";
import { WorkerProcess } from "./worker/worker-process.ts";

/** Resolves once the worker is gone again, whatever became of it. */
export function probeWorker(config: Config): Promise<WorkerProbe> {
  const { startTimeoutMs, cancelGraceMs } = config.pool;
  const { maxResultBytes, maxOutputBytes } = config.tasks;
  const { promise, resolve } = Promise.withResolvers<WorkerProbe>();
  const startedAt = bunEnv.mono();
  let startMs: number | null = null;
  let late = false;
  const worker = new WorkerProcess({
    id: workerId(0),
    instance: bunEnv.unique(),
    settings: {
      workDir: config.projectRoot,
      roots: config.roots,
      maxResultBytes,
      maxOutputBytes,
      cancelGraceMs,
    },
    environment: workerEnvironment(process.env),
    page: null,
    onDisconnect: () => {},
    onMessage: (raw) => {
      if (readMessage(unpacked(raw), maxResultBytes)?.type !== "ready") return;
      startMs = bunEnv.mono() - startedAt;
      worker.kill();
    },
    onExit: ({ exitCode, signal, lastWords }) => {
      cancel();
      if (startMs !== null) return resolve({ type: "ready", startMs });
      const how = late
        ? `not ready within ${startTimeoutMs} ms`
        : `ended with ${signal ?? `exit code ${exitCode}`}`;
      const words = lastWords === "" ? "" : `: ${lastWords}`;
      resolve({ type: "failed", reason: `${how}${words}` });
    },
  });
  const cancel = bunEnv.timer(startTimeoutMs, () => {
    late = true;
    worker.kill();
  });
  return promise;
}
