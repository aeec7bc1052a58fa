/**
 * liteque: jobs in SQLite (WAL, synchronous NORMAL), worked off in this process, and deleted once done.
 * On bun:sqlite by way of drizzle: with the better-sqlite3 of today its own driver refuses its
 * transactions, whose functions are async. It asks for the next job at intervals; here the shortest.
 */

import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { migrateDB, Runner, SqliteQueue } from "liteque";
import type { EchoInput } from "../closed-loop.ts";
import { serveContender } from "../contender.ts";

/** As many as ours gives its workers. */
const AT_ONCE = 128;
const POLL_MS = 1;
const TIMEOUT_S = 60;

type LitequeDb = ConstructorParameters<typeof SqliteQueue>[1];

await serveContender(() => {
  const folder = mkdtempSync(join(tmpdir(), "flow-balancer-liteque-"));
  const sqlite = new Database(join(folder, "jobs.db"), { create: true });
  // As it sets them itself.
  for (const setting of [
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "cache_size = -65536",
    "foreign_keys = ON",
    "temp_store = MEMORY",
  ])
    sqlite.run(`PRAGMA ${setting}`);
  const db = drizzle(sqlite) as unknown as LitequeDb;
  migrateDB(db);
  const queue = new SqliteQueue<EchoInput>("echo", db, {
    defaultJobArgs: { numRetries: 0 },
    keepFailedJobs: false,
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const runner = new Runner<EchoInput, EchoInput>(
    queue,
    {
      run: async ({ data }) => data,
      onComplete: async ({ data: { serial } }, result) => {
        waiting.get(serial)?.resolve(result);
        waiting.delete(serial);
      },
      onError: async ({ error }) => {
        for (const { reject } of waiting.values()) reject(error);
      },
    },
    { concurrency: AT_ONCE, pollIntervalMs: POLL_MS, timeoutSecs: TIMEOUT_S },
  );
  const running = runner.run();
  return {
    run: async (input) => {
      const waiter = Promise.withResolvers<unknown>();
      waiting.set(input.serial, waiter);
      await queue.enqueue(input);
      return waiter.promise;
    },
    close: async () => {
      runner.stop();
      await running;
      sqlite.close();
      rmSync(folder, { recursive: true });
    },
  };
});
