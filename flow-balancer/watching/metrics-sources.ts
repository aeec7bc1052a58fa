/** Where the pool and the store tell things in words of their own: the same as events of the engine. */

import type { EventSink } from "../core/events.ts";
import type { PoolEvent } from "../pool/worker-pool.ts";
import type { TransactionWatcher } from "../store/group-commit.ts";

/** For the pool's `onEvent`. */
export const poolEvents =
  (sink: EventSink) =>
  (event: PoolEvent): void => {
    if (event.type === "worker.exited")
      sink({ type: event.type, exitCode: event.death.exitCode });
    else sink({ type: event.type });
  };

/** For `store.commit.watch`. */
export const commitEvents = (sink: EventSink): TransactionWatcher => ({
  begun: () => {},
  ending: () => {},
  committed: (ms, writes) => sink({ type: "store.committed", ms, writes }),
  delayed: () => sink({ type: "store.delayed" }),
  refused: ({ code }, writes) => sink({ type: "store.refused", code, writes }),
});
