/** piscina: threads that wait in `Atomics.wait`, many tasks a thread. Both as its documentation has it for speed. */

import { Piscina } from "piscina";
import { serveContender } from "../contender.ts";
import { workerFile } from "./worker-file.ts";

await serveContender(({ workers }) => {
  const pool = new Piscina({
    filename: workerFile("echo"),
    name: "echo",
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 64,
    atomics: "sync",
    // What it measures of itself is not asked for.
    recordTiming: false,
  });
  return { run: (input) => pool.run(input), close: () => pool.destroy() };
});
