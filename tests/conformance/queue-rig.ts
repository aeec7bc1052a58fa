/** What the parts of the queue's conformance suite share: an engine on a clock that stands still, and short words for what is asked of it. */

import { expect } from "bun:test";
import { BalancerError, wireError } from "../../flow-balancer/core/errors.ts";
import {
  holderId,
  taskId,
  type HolderId,
  type TaskId,
} from "../../flow-balancer/core/ids.ts";
import {
  PLAIN_TERMS,
  type ClaimAsk,
  type Claimed,
  type Lease,
  type NewTask,
  type Settlement,
  type TaskQueue,
  type Terms,
} from "../../flow-balancer/core/queue.ts";
import type {
  DependencyOn,
  TaskRecord,
  TaskRequest,
  TerminalState,
} from "../../flow-balancer/core/task.ts";
import { request, resultOf } from "../support/queue-under-test.ts";
import type { WaywardEnv } from "../support/wayward-env.ts";

/** One engine, empty, whose only clock is `env`. */
export interface QueueRig {
  readonly queue: TaskQueue;
  readonly env: WaywardEnv;
  /** The engine of another process, on what this one has stored. */
  readonly reopen: () => TaskQueue;
}
export type MakeQueue = () => QueueRig;

export const ANNE = holderId("anne");
export const BEN = holderId("ben");
export const CLEO = holderId("cleo");
export const LEASE_MS = 10_000;
export const CANCELLED = wireError("CANCELLED", "nobody wants it any more");

export interface Wish extends Partial<TaskRequest> {
  readonly terms?: Partial<Terms>;
}

export const newTask = (
  id: string,
  { terms, ...more }: Wish = {},
): NewTask => ({
  id: taskId(id),
  request: request(more),
  terms: { ...PLAIN_TERMS, ...terms },
});

/** Records one and answers with it. */
export async function put(
  { queue }: QueueRig,
  { terms, ...more }: Wish = {},
): Promise<TaskRecord> {
  const { task } = await queue.record(request(more), {
    ...PLAIN_TERMS,
    ...terms,
  });
  return task;
}

/** Records one that is held from the start. */
export async function hold(
  { queue }: QueueRig,
  holder: HolderId,
  { terms, ...more }: Wish = {},
): Promise<Lease> {
  const recorded = await queue.record(request(more), {
    ...PLAIN_TERMS,
    ...terms,
    holder,
  });
  if (!recorded.isNew || recorded.lease === null)
    throw new Error("it is not held");
  return recorded.lease;
}

/** Up to 10, for as long as the holder lives, unless said otherwise. */
export const take = (
  { queue }: QueueRig,
  holder: HolderId,
  more: Partial<ClaimAsk> = {},
): Promise<readonly Claimed[]> =>
  queue.claim({ queue: "pool", holder, max: 10, leaseMs: null, ...more });

export async function takeOne(
  rig: QueueRig,
  holder: HolderId,
  more: Partial<ClaimAsk> = {},
): Promise<Lease> {
  const [claimed] = await take(rig, holder, { max: 1, ...more });
  if (claimed === undefined) throw new Error("there was nothing to claim");
  return claimed.lease;
}

export const takenIds = async (
  rig: QueueRig,
  holder: HolderId,
  more: Partial<ClaimAsk> = {},
): Promise<readonly TaskId[]> =>
  (await take(rig, holder, more)).map(({ task }) => task.id);

export const end = (status: TerminalState, n = 1): Settlement => ({
  result: resultOf(status, n),
  execution: null,
  startedAt: null,
  output: null,
});
export const DONE = end("completed");
export const FAILED = end("failed");

export const stateOf = async (
  { queue }: QueueRig,
  id: TaskId,
): Promise<string | undefined> => (await queue.get(id))?.state;

export const errorOf = async (
  { queue }: QueueRig,
  id: TaskId,
): Promise<string | null> => {
  const result = (await queue.get(id))?.result ?? null;
  return result !== null && "error" in result ? result.error.code : null;
};

/** Adds tasks by name: each with those it comes after. */
export const addGraph = (
  { queue }: QueueRig,
  graph: Readonly<Record<string, Readonly<Record<string, DependencyOn>>>>,
  terms: Partial<Terms> = {},
): Promise<readonly TaskRecord[]> =>
  queue.add(
    Object.entries(graph).map(([id, after]) =>
      newTask(id, {
        terms,
        after: Object.entries(after).map(([parent, on]) => ({
          id: taskId(parent),
          on,
        })),
      }),
    ),
  );

/** Claims this one and ends it so. */
export async function finish(
  rig: QueueRig,
  name: string,
  settlement: Settlement = DONE,
) {
  const lease = await takeOne(rig, ANNE, { ids: [taskId(name)] });
  return rig.queue.settle(lease, settlement);
}

/** Ids made by `newTask` and `addGraph`, by name. */
export const ids = (...names: readonly string[]): TaskId[] =>
  names.map((name) => taskId(name)).toSorted();

/** What it was refused with. */
export async function refusal(asked: Promise<unknown>): Promise<BalancerError> {
  const thrown = await asked.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(BalancerError);
  return thrown as BalancerError;
}
