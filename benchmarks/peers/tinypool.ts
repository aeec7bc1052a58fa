/** tinypool: threads or child processes (`runtime`), many tasks a worker. */

import { Tinypool } from "tinypool";
import { serveContender } from "../contender.ts";
import { workerFile } from "./worker-file.ts";

await serveContender(({ workers, form }) => {
  const pool = new Tinypool({
    filename: workerFile("echo"),
    name: "echo",
    runtime: form === "process" ? "child_process" : "worker_threads",
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 64,
    useAtomics: true,
  });
  return { run: (input) => pool.run(input), close: () => pool.destroy() };
});
