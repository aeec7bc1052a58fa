/** plainjob: jobs in SQLite (WAL, synchronous NORMAL), worked off one by one in this process. It asks for the next at intervals; here the shortest. */

import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bun, defineQueue, defineWorker } from "plainjob";
import { serveContender } from "../contender.ts";

const SILENT = { error() {}, warn() {}, info() {}, debug() {} };
const KIND = "echo";
const POLL_MS = 1;

await serveContender(() => {
  const folder = mkdtempSync(join(tmpdir(), "flow-balancer-plainjob-"));
  const queue = defineQueue({
    connection: bun(
      new Database(join(folder, "jobs.db"), { create: true, strict: true }),
    ),
    logger: SILENT,
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const take = (id: number): PromiseWithResolvers<unknown> | undefined => {
    const waiter = waiting.get(id);
    waiting.delete(id);
    return waiter;
  };
  const worker = defineWorker(KIND, () => {}, {
    queue,
    pollIntervall: POLL_MS,
    logger: SILENT,
    // It keeps no results: what was stored with the job is the echo.
    onCompleted: ({ id, data }) => take(id)?.resolve(JSON.parse(data)),
    onFailed: ({ id }, error) => take(id)?.reject(new Error(error)),
  });
  void worker.start();
  return {
    run: (input) => {
      const waiter = Promise.withResolvers<unknown>();
      waiting.set(queue.add(KIND, input).id, waiter);
      return waiter.promise;
    },
    close: async () => {
      await worker.stop();
      queue.close();
      rmSync(folder, { recursive: true });
    },
  };
});
