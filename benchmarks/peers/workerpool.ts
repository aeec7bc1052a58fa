/** workerpool: threads or child processes, all started at once; it gives a worker one task at a time. */

import { pool as openPool } from "workerpool";
import { serveContender } from "../contender.ts";
import { workerFile } from "./worker-file.ts";

await serveContender(({ workers, form }) => {
  const pool = openPool(workerFile("workerpool-echo"), {
    workerType: form === "process" ? "process" : "thread",
    minWorkers: workers,
    maxWorkers: workers,
  });
  return {
    run: async (input) => await pool.exec("echo", [input]),
    close: async () => await pool.terminate(true),
  };
});
