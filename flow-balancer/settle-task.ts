/**
 * Stores how a task ended, for as long as it takes: what a task did is not forgotten because the disk
 * was full or busy when it ended. Only a server that closes gives up, and says that the task has run.
 */

import { BalancerError, toWireError } from "./core/errors.ts";
import type { Env } from "./core/ports.ts";
import type { Settled, TaskQueue } from "./core/queue.ts";
import type { TaskRecord } from "./core/task.ts";
import type { LiveTask } from "./live-task.ts";
import type { PoolOutcome } from "./pool/pool-task.ts";
import { isTriedAgain } from "./what-next.ts";

/** Between two tries, ms; a try itself waits up to 5 s for a lock. */
const RETRY_MS = 1_000;

interface Surroundings {
  readonly queue: TaskQueue;
  readonly env: Env;
  readonly isClosing: () => boolean;
}

/** `again`: it is queued for another attempt. Throws UNKNOWN_OUTCOME, once `isClosing`. */
export async function settleTask(
  live: LiveTask,
  { result, execution }: PoolOutcome,
  { startedAt }: TaskRecord,
  { queue, env, isClosing }: Surroundings,
): Promise<Settled & { readonly again?: boolean }> {
  const { lease, terms } = live;
  const settlement = { result, execution, startedAt, output: live.output() };
  for (;;) {
    try {
      return await (isTriedAgain(terms, result)
        ? queue.retry(lease, settlement)
        : queue.settle(lease, settlement));
    } catch (thrown) {
      if (isClosing())
        throw new BalancerError(
          "UNKNOWN_OUTCOME",
          `the task ended ${result.status}, but that could not be stored: ${toWireError(thrown).message}`,
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
