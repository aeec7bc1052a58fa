/**
 * bunqueue, embedded: jobs in memory and in SQLite (WAL, synchronous NORMAL), worked off in this process.
 * With `durability` "normal" each job is on disk before it is acknowledged (`durable`); else it is
 * written a moment later, as it does by itself.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue, Worker } from "bunqueue/client";
import type { EchoInput } from "../closed-loop.ts";
import { serveContender } from "../contender.ts";

const NAME = "echo";
/** As many as ours gives its workers. */
const AT_ONCE = 128;

await serveContender(async ({ durability }) => {
  const folder = mkdtempSync(join(tmpdir(), "flow-balancer-bunqueue-"));
  const place = { embedded: true, dataPath: join(folder, "jobs.db") };
  const queue = new Queue<EchoInput>(NAME, place);
  const waiting = new Map<string, PromiseWithResolvers<unknown>>();
  /** Ended before `add` said its id. */
  const early = new Map<string, unknown>();
  const worker = new Worker<EchoInput, EchoInput>(
    NAME,
    async ({ data }) => data,
    { ...place, concurrency: AT_ONCE },
  );
  worker.on("completed", ({ id }, result) => {
    const waiter = waiting.get(id);
    if (waiter === undefined) early.set(id, result);
    waiter?.resolve(result);
    waiting.delete(id);
  });
  worker.on("failed", (job, error) => waiting.get(job.id)?.reject(error));
  const options = { durable: durability === "normal" };
  return {
    run: async (input) => {
      const { id } = await queue.add(NAME, input, options);
      if (early.has(id)) {
        const result = early.get(id);
        early.delete(id);
        return result;
      }
      const waiter = Promise.withResolvers<unknown>();
      waiting.set(id, waiter);
      return waiter.promise;
    },
    close: async () => {
      await worker.close();
      await queue.close();
      rmSync(folder, { recursive: true });
    },
  };
});
