import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteBoard } from "../../flow-balancer/board/sqlite-board.ts";
import { taskId } from "../../flow-balancer/core/ids.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { suggestWork } from "../../orchestrator/routing/suggest-work.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { LEASE_MS } from "./board-under-test.ts";

/** Tables that have no more rows than there are things claimed, or columns of a result. */
const SMALL = /^SCAN (resource_claims|recent|\(join-\d+\)|CONSTANT ROW)\b/;
/** Of an index that has open tasks only, or ended ones by state to be counted: no row of the table is looked up for it. */
const INDEX_ALONE =
  /^SCAN tasks USING (COVERING )?INDEX tasks_(blocked|board_ended)$/;
/** One that stops: at the newest row, or after as many as are looked at. */
const STOPS = /max\("(seq|id)"\)|limit \?\) "recent"/;

/** What the board prepares, each with its plan, as made on a connection of its own. */
async function plans(): Promise<ReadonlyMap<string, readonly string[]>> {
  const home = mkdtempSync(join(tmpdir(), "flow-balancer-plans-"));
  const path = join(home, "flow.db");
  const env = new FakeEnv();
  const store = openStore(path, "normal", env);
  try {
    const queue = new SqliteQueue(store, env);
    const prepared = new Set<string>();
    const prepare = store.raw.prepare.bind(store.raw);
    store.raw.prepare = ((sql: string) => (
      prepared.add(sql),
      prepare(sql)
    )) as typeof store.raw.prepare;
    const board = new SqliteBoard({
      store,
      queue,
      env,
      home,
      root: home,
      suggest: suggestWork,
      capacity: 30,
      leaseMs: LEASE_MS,
      withdraw: null,
      checkCommand: async () => ({ ok: false, seen: "" }),
    });
    // Nothing is prepared before it is used.
    await board.get(taskId("any"));
    const other = new Database(path, { readonly: true });
    const found = new Map(
      [...prepared].map((sql) => [
        sql,
        other
          .prepare<{ detail: string }, number[]>(`EXPLAIN QUERY PLAN ${sql}`)
          .all(...Array.from(sql.matchAll(/\?/g), () => 1))
          .map(({ detail }) => detail),
      ]),
    );
    other.close();
    return found;
  } finally {
    await closeStore(store);
    rmSync(home, { recursive: true });
  }
}

test("nothing the board asks reads all of a table that grows, or sorts what is ready", async () => {
  const found = await plans();
  const scans = [...found].flatMap(([sql, details]) =>
    STOPS.test(sql)
      ? []
      : details
          .filter(
            (detail) =>
              detail.startsWith("SCAN") &&
              !SMALL.test(detail) &&
              !INDEX_ALONE.test(detail),
          )
          .map((detail) => `${detail}: ${sql}`),
  );
  expect(scans).toEqual([]);
  expect(found.size).toBeGreaterThan(30);
  const used = [...found.values()].flat().join("\n");
  for (const index of [
    "tasks_ready (queue=?)",
    "tasks_held (holder=?)",
    "tasks_board_ended",
    "tasks_blocked",
    "tasks_leased",
    "tasks_due",
    "dependencies_parent (parent_seq=?)",
    "board_notes_task (task_seq=?)",
    "events_type (type=?)",
  ])
    expect(used).toContain(index);
  const ready = [...found].find(([sql]) => sql.includes("offset"));
  expect(ready?.[1].filter((detail) => detail.includes("TEMP"))).toEqual([]);
});
