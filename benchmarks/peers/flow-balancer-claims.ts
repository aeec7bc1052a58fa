/** A process that claims tasks from a file it may share with others, and settles them: a call of the closed loop is one task. A contender; `path` is the file. */

import { holderId } from "../../flow-balancer/core/ids.ts";
import { bunEnv } from "../../flow-balancer/env.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { serveContender } from "../contender.ts";

await serveContender(({ path }) => {
  const store = openStore(String(path), "normal", bunEnv);
  const queue = new SqliteQueue(store, bunEnv);
  const holder = holderId(`claimer_${process.pid}`);
  return {
    run: async (input) => {
      const [claimed] = await queue.claim({
        queue: "pool",
        holder,
        max: 1,
        leaseMs: null,
      });
      if (claimed === undefined) throw new Error("there is nothing to claim");
      const { accepted } = await queue.settle(claimed.lease, {
        result: { status: "completed", valueJson: claimed.task.inputJson },
        execution: null,
        startedAt: null,
        output: null,
      });
      if (!accepted) throw new Error(`${claimed.task.id} went to another`);
      return input;
    },
    close: () => closeStore(store),
  };
});
