/** Every queue engine against the one suite. */

import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { openStore } from "../../flow-balancer/store/database.ts";
import { rebaseBootClock } from "../../flow-balancer/store/rebase-boot-clock.ts";
import { MemoryQueue } from "../support/memory-queue.ts";
import { WaywardEnv } from "../support/wayward-env.ts";
import { queueConformance } from "./queue.ts";

queueConformance("in memory", () => {
  const env = new WaywardEnv();
  const queue = new MemoryQueue(env);
  return { env, queue, reopen: () => queue };
});

queueConformance("on SQLite", () => {
  const env = new WaywardEnv();
  const store = openStore(":memory:", "normal", env);
  const reopen = () => {
    // As whoever opens the file does; this one would be gone if it were closed.
    rebaseBootClock(store.raw, env);
    return new SqliteQueue(store, env);
  };
  return { env, queue: new SqliteQueue(store, env), reopen };
});
