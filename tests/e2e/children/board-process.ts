/**
 * A process on a home: `bridge` offers its board to scripts until stdin ends, `agent` claims and completes
 * until there is nothing left (from when `go` is there), and prints the id of each task it had. Arguments: home, role, lease in ms.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { SqliteBoard } from "../../../flow-balancer/board/sqlite-board.ts";
import { holderId } from "../../../flow-balancer/core/ids.ts";
import { bunEnv } from "../../../flow-balancer/env.ts";
import { ClaimFolders } from "../../../flow-balancer/queue/claim-folders.ts";
import { ShellBridge } from "../../../flow-balancer/queue/shell-bridge.ts";
import { SqliteQueue } from "../../../flow-balancer/queue/sqlite-queue.ts";
import {
  closeStore,
  openStore,
} from "../../../flow-balancer/store/database.ts";
import { suggestWork } from "../../../orchestrator/routing/suggest-work.ts";

const [home = "", role, lease] = process.argv.slice(2);
const leaseMs = Number(lease);
const env = bunEnv;
const store = openStore(join(home, "flow.db"), "normal", env);
const queue = new SqliteQueue(store, env);
const folders = new ClaimFolders(home, () => env.unique());
const board = new SqliteBoard({
  store,
  queue,
  env,
  suggest: suggestWork,
  checkCommand: async () => ({ ok: false, seen: "nothing is run here" }),
  home,
  root: home,
  capacity: 30,
  leaseMs,
  withdraw: (id, fence) => folders.withdraw({ id, fence }),
});

if (role === "bridge") await bridge();
else await agent();
await closeStore(store);

async function bridge(): Promise<void> {
  const scripts = new ShellBridge({
    store,
    queue,
    env,
    board,
    home,
    leaseMs,
    // All there is: so that agents have to take from scripts what they want.
    window: 300,
    onError: (thrown) => console.error(thrown),
  });
  scripts.start();
  console.log("started");
  for await (const _ of Bun.stdin.stream());
  await scripts.stop({ isLast: false });
}

async function agent(): Promise<void> {
  const holder = holderId(`agent-${process.pid}`);
  const by = { holder, declared: [], capacity: null };
  for (let idle = 0; idle < 5;) {
    const { claimed } = await board.claim(by, { id: null, leaseMs: null });
    if (claimed === null) {
      // The rest may be scripts' own, for now.
      await Bun.sleep(100);
      idle++;
      continue;
    }
    idle = 0;
    console.log(claimed.item.id);
    // The first is held until all have one.
    while (!existsSync(join(home, "go"))) await Bun.sleep(5);
    await board.complete(claimed.item.id, holder, {
      outcome: "completed",
      summary: holder,
      evidence: [],
      note: null,
    });
  }
}
