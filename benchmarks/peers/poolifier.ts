/** poolifier: a fixed pool of threads or of cluster processes, its own queue off, which is its default and the fastest. */

import { FixedClusterPool, FixedThreadPool, PoolEvents } from "poolifier";
import { serveContender } from "../contender.ts";
import { workerFile } from "./worker-file.ts";

await serveContender(async ({ workers, form }) => {
  const pool =
    form === "process"
      ? new FixedClusterPool<unknown, unknown>(
          workers,
          workerFile("poolifier-cluster-echo"),
        )
      : new FixedThreadPool<unknown, unknown>(
          workers,
          workerFile("poolifier-thread-echo"),
        );
  if (!pool.info.ready)
    await new Promise<void>((resolve) =>
      pool.emitter?.once(PoolEvents.ready, () => resolve()),
    );
  return { run: (input) => pool.execute(input), close: () => pool.destroy() };
});
