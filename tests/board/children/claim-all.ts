/** Claims from a board until nothing can be had, and prints what it got. Takes a home and a holder; waits for its stdin to close before it starts. */

import { join } from "node:path";
import { SqliteBoard } from "../../../flow-balancer/board/sqlite-board.ts";
import { holderId } from "../../../flow-balancer/core/ids.ts";
import { bunEnv } from "../../../flow-balancer/env.ts";
import { SqliteQueue } from "../../../flow-balancer/queue/sqlite-queue.ts";
import {
  closeStore,
  openStore,
} from "../../../flow-balancer/store/database.ts";
import { suggestWork } from "../../../orchestrator/routing/suggest-work.ts";

const [home = "", name = ""] = Bun.argv.slice(2);
const store = openStore(join(home, "flow.db"), "normal", bunEnv);
const board = new SqliteBoard({
  store,
  queue: new SqliteQueue(store, bunEnv),
  env: bunEnv,
  suggest: suggestWork,
  checkCommand: async () => ({ ok: false, seen: "" }),
  home,
  root: home,
  capacity: 30,
  leaseMs: 600_000,
  withdraw: null,
});
const by = { holder: holderId(name), declared: [], capacity: 1_000 };
const got: string[] = [];
await Bun.stdin.text();
for (;;) {
  const { claimed } = await board.claim(by, { id: null, leaseMs: null });
  if (claimed === null) break;
  got.push(claimed.item.id);
}
board.flush();
await closeStore(store);
console.log(JSON.stringify(got));
