/**
 * Ours: tasks recorded, run on a pool of echo workers and settled by the dispatcher, on a store of its
 * own. A contender; `durability` is the store's, "normal" if left out.
 */

import { serveContender } from "../contender.ts";
import { OwnEngine } from "../own-engine.ts";

const KIND = "echo-unchecked";

await serveContender(async ({ workers, durability }) => {
  const engine = await OwnEngine.open({
    workers,
    durability: durability === "full" ? "full" : "normal",
    kind: KIND,
    observed: "none",
  });
  return {
    run: (input) => engine.value(KIND, input),
    close: () => engine[Symbol.asyncDispose](),
  };
});
