/**
 * Stores how a task ended, for as long as it takes: what a task did is not forgotten because the disk
 * was full or busy when it ended. Only a server that closes gives up, and says that the task has run.
 */

import { BalancerError, toWireError } from "./core/errors.ts";
import type { Env } from "./core/ports.ts";
import type { Settled, TaskQueue } from "./core/queue.ts";
import type { TaskRecord, TaskResult } from "./core/task.ts";
import type { LiveTask } from "./live-task.ts";
import type { PoolOutcome } from "./pool/pool-task.ts";
import type { RetryBudgets } from "./retry-budgets.ts";
import type { StateKeeping } from "./state-keeping.ts";
import type { StateChange } from "./store/state-change.ts";
import { isTriedAgain } from "./what-next.ts";

/** Between two tries, ms; a try itself waits up to 5 s for a lock. */
const RETRY_MS = 1_000;

interface Surroundings {
  readonly queue: TaskQueue;
  readonly env: Env;
  readonly states: StateKeeping;
  readonly isClosing: () => boolean;
  /** How much of what fails is tried again soon; left out: all of it. */
  readonly retries?: Pick<RetryBudgets, "ran" | "holdMs">;
}

type Ended = Settled & { readonly again?: boolean };

/** `again`: it is queued for another attempt. Throws UNKNOWN_OUTCOME, once `isClosing`. */
export function settleTask(
  live: LiveTask,
  outcome: PoolOutcome,
  { startedAt }: TaskRecord,
  ways: Surroundings,
): Promise<Ended> {
  const { result, execution } = outcome;
  const { queue, states } = ways;
  const { bucket, lease, limitMs } = live;
  const settlement = {
    result,
    execution,
    startedAt,
    output: live.output(),
    bucket,
    timeoutMs: limitMs,
  };
  const holdMs = retryHoldMs(live, outcome, ways);
  const settle = (): Promise<Ended> =>
    holdMs === null
      ? queue.settle(lease, settlement)
      : queue.retry(lease, settlement, holdMs);
  const store = (): Promise<Ended> =>
    live.stateChange === null
      ? settle()
      : settleWithState(live, live.stateChange, settle, states);
  // Nearly always the first try is the last: what follows it is made only then.
  return store().catch((thrown) => tryAgain(thrown, result, store, ways));
}

/** How long it has to wait at least before it is tried again; null: its end is final. */
function retryHoldMs(
  { lease, record, terms, isCancelled, dueBy }: LiveTask,
  { result, execution }: PoolOutcome,
  { retries, env }: Surroundings,
): number | null {
  const { kind } = record;
  if (lease.attempt === 1 && execution !== null) retries?.ran(kind);
  if (!isTriedAgain(terms, result)) return null;
  // The queue will not: there is nothing to wait for.
  if (lease.attempt >= terms.maxAttempts || isCancelled) return 0;
  const holdMs = retries?.holdMs(kind) ?? 0;
  // The queue makes it longer by up to half: a try in time is left all the same.
  return dueBy === null
    ? holdMs
    : Math.min(holdMs, Math.max(0, (dueBy - env.mono()) / 2));
}

async function tryAgain(
  refusal: unknown,
  { status }: TaskResult,
  store: () => Promise<Ended>,
  { env, isClosing }: Surroundings,
): Promise<Ended> {
  for (let thrown = refusal; ;) {
    if (isClosing())
      throw new BalancerError(
        "UNKNOWN_OUTCOME",
        `the task ended ${status}, but that could not be stored: ${toWireError(thrown).message}`,
        {
          hint: "Check what it did before you submit it again.",
          cause: thrown,
        },
      );
    await new Promise<void>((resolve) => {
      env.timer(RETRY_MS, resolve);
    });
    try {
      return await store();
    } catch (again) {
      thrown = again;
    }
  }
}

/** In one transaction, unless a long result has to be packed first; what was refused is said once the task has ended. */
async function settleWithState(
  { lease, record }: LiveTask,
  change: StateChange,
  settle: () => Promise<Ended>,
  states: StateKeeping,
): Promise<Ended> {
  const { settled, refused } = await change.saveWith(lease, settle);
  const { session } = record;
  // One that is tried again has not ended: nothing of it is said yet.
  const hasEnded = settled.accepted && settled.again !== true;
  if (refused !== null && hasEnded && session !== null)
    await states.refused(lease.id, session, refused).catch(() => {});
  return settled;
}
