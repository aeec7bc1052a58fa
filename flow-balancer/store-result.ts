/**
 * Stores a result for as long as it takes: what a task did is not forgotten because the disk was
 * full or busy when it ended. Only a server that closes gives up, and says that the task has run.
 */

import { BalancerError, toWireError } from "./core/errors.ts";
import type { Env, Lease, Settlement, TaskQueue } from "./core/ports.ts";

/** Between two tries, ms; a try itself waits up to 5 s for a lock. */
const RETRY_MS = 1_000;

/** False if the lease was lost. Throws UNKNOWN_OUTCOME, once `isClosing`. */
export async function storeResult(
  lease: Lease,
  settlement: Settlement,
  {
    queue,
    env,
    isClosing,
  }: {
    readonly queue: TaskQueue;
    readonly env: Env;
    readonly isClosing: () => boolean;
  },
): Promise<boolean> {
  for (;;) {
    try {
      return await queue.settle(lease, settlement);
    } catch (thrown) {
      if (isClosing())
        throw new BalancerError(
          "UNKNOWN_OUTCOME",
          `the task ended ${settlement.result.status}, but that could not be stored: ${toWireError(thrown).message}`,
          {
            hint: "Check what it did before you submit it again.",
            cause: thrown,
          },
        );
      await new Promise<void>((resolve) => {
        env.timer(RETRY_MS, resolve);
      });
    }
  }
}
