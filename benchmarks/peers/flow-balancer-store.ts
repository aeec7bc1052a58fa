/**
 * Ours: tasks recorded, run on a pool of echo workers and settled by the dispatcher, on a store of its
 * own. A contender; `durability` is the store's, "normal" if left out.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instanceId } from "../../flow-balancer/core/ids.ts";
import type { TaskRequest } from "../../flow-balancer/core/task.ts";
import { Dispatcher } from "../../flow-balancer/dispatcher.ts";
import { bunEnv } from "../../flow-balancer/env.ts";
import { KindRegistry } from "../../flow-balancer/pool/kind-registry.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { serveContender } from "../contender.ts";
import { MANY_IN_FLIGHT, moduleKind, OwnPool } from "../own-pool.ts";

const KIND = "echo-unchecked";
const TIMEOUT_MS = 60_000;
const MIB = 1_048_576;

const request = (input: unknown): TaskRequest => ({
  kind: KIND,
  inputJson: JSON.stringify(input),
  session: null,
  timeoutMs: null,
  deadlineMs: null,
  priority: 0,
  idempotencyKey: null,
  after: [],
});

function kindsOf(): KindRegistry {
  const { source, ...kind } = moduleKind(KIND, MANY_IN_FLIGHT);
  if (source.type !== "module") throw new Error(`${KIND} is no module`);
  return new KindRegistry(
    [
      {
        ...kind,
        path: source.path,
        description: null,
        timeoutMs: null,
        capabilities: [],
      },
    ],
    TIMEOUT_MS,
  );
}

await serveContender(async ({ workers, durability }) => {
  const folder = mkdtempSync(join(tmpdir(), "flow-balancer-store-"));
  const store = openStore(
    join(folder, "flow.db"),
    durability === "full" ? "full" : "normal",
    bunEnv,
  );
  const own = new OwnPool({ workers });
  await own.warm(workers);
  const dispatcher = new Dispatcher({
    env: bunEnv,
    queue: new SqliteQueue(store, bunEnv),
    pool: own.pool,
    kinds: kindsOf(),
    holder: instanceId(bunEnv.unique()),
    maxOpen: 10_000,
    maxInputBytes: MIB,
    maxOutputChars: MIB,
    // Of sessions alone, and these tasks have none.
    states: {
      changed: () => {
        throw new Error("a task without a session left a state");
      },
      refused: async () => {},
    },
    refusal: () => null,
    onChanged: () => {},
    isWatched: () => false,
    onReleased: () => {},
    onRoom: () => {},
  });
  return {
    run: async (input) => {
      const { done } = await dispatcher.submit(request(input));
      const { result } = await done;
      if (result?.status === "completed") return JSON.parse(result.valueJson);
      throw new Error(result?.error.message ?? "a task has no result");
    },
    close: async () => {
      await dispatcher.close();
      await own[Symbol.asyncDispose]();
      await closeStore(store);
      rmSync(folder, { recursive: true });
    },
  };
});
