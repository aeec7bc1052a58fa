/** A file of the store with so many tasks in it, half of them ended, half ready to be claimed; written in bulk, as the store would have them. */

import type { Database } from "bun:sqlite";
import { bunEnv } from "../flow-balancer/env.ts";
import { closeStore, openStore } from "../flow-balancer/store/database.ts";

/** Rows a transaction. */
const CHUNK = 50_000;

const INPUT = `json_object('serial', n, 'text', 'abcdefghijklmnopqrst')`;
const NUMBERS =
  "WITH RECURSIVE numbers (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2)";

export async function seedTasks(path: string, total: number): Promise<void> {
  const store = openStore(path, "normal", bunEnv);
  const ended = Math.floor(total / 2);
  const { raw } = store;
  for (let from = 1; from <= total; from += CHUNK)
    insert(raw, from, Math.min(total, from + CHUNK - 1), ended);
  raw.run(
    "INSERT INTO tallies (state, n) VALUES ('completed', ?), ('queued', ?)",
    [ended, total - ended],
  );
  raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
  await closeStore(store);
}

/** Those up to `ended` have a result, and the row that learners read. */
function insert(raw: Database, from: number, to: number, ended: number): void {
  const now = bunEnv.now();
  raw.transaction(() => {
    raw.run(
      `${NUMBERS} INSERT INTO tasks (id, kind, input, priority, state, attempt, fence, submitted_at, started_at, settled_at, tier, worker, wait_ms, start_ms, run_ms, value)
       SELECT printf('task_%032x', n), 'echo', ${INPUT}, 0,
              iif(n <= ?3, 'completed', 'queued'), iif(n <= ?3, 1, 0), iif(n <= ?3, 1, 0), ?4,
              iif(n <= ?3, ?4, NULL), iif(n <= ?3, ?4, NULL), iif(n <= ?3, 'warm', NULL), iif(n <= ?3, 'w1', NULL),
              iif(n <= ?3, 0.5, NULL), iif(n <= ?3, 0.0, NULL), iif(n <= ?3, 0.25, NULL), iif(n <= ?3, ${INPUT}, NULL)
         FROM numbers`,
      [from, to, ended, now],
    );
    if (from <= ended)
      raw.run(
        `${NUMBERS} INSERT INTO outcomes (kind, state, tier, wait_ms, start_ms, run_ms, attempt, settled_at)
         SELECT 'echo', 'completed', 'warm', 0.5, 0.0, 0.25, 1, ?3 FROM numbers`,
        [from, Math.min(to, ended), now],
      );
  })();
}
