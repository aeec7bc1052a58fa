/** Many tasks at once: each is cancelled or queued again by itself, and one summary says what became of them. */

import type { BulkView } from "../../monitoring/api/task-views.ts";
import type { Engine } from "../core/engine.ts";
import { BalancerError, toWireError } from "../core/errors.ts";
import type { TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { TaskQueue } from "../core/queue.ts";
import { quoted } from "../core/quoted.ts";
import { isTerminal, type TaskRecord } from "../core/task.ts";

/** Named at once. */
const MOST = 500;
/** What is running is told to stop, and may take its time: it is not waited for longer than this, ms. */
const PATIENCE_MS = 2_000;

export interface TaskSteeringParts {
  readonly env: Env;
  readonly engine: Pick<Engine, "cancel" | "get">;
  readonly queue: Pick<TaskQueue, "redrive">;
}

/** What became of each, in the order they were named. */
export interface Steered {
  /** `hasEnded`: false of one that is still told to stop, and of one that is queued again. */
  readonly done: readonly {
    readonly id: TaskId;
    readonly hasEnded: boolean;
  }[];
  readonly failed: BulkView["failed"];
}

/** Without those named twice. Throws OUT_OF_RANGE. */
export function taskIds(ids: readonly string[]): TaskId[] {
  const unique = [...new Set(ids)];
  if (unique.length === 0 || unique.length > MOST)
    throw new BalancerError(
      "OUT_OF_RANGE",
      `1..${MOST} tasks can be named at once, not ${unique.length}`,
      { hint: "Name them in several calls." },
    );
  return unique as TaskId[];
}

/** `done`: cancelled, or whoever has it was told and has not ended it within 2 s. */
export const cancelTasks = (
  ids: readonly TaskId[],
  parts: TaskSteeringParts,
): Promise<Steered> => steerAll(ids, (id) => cancelOne(id, parts));

/** `done`: queued again. */
export const retryTasks = (
  ids: readonly TaskId[],
  parts: Pick<TaskSteeringParts, "engine" | "queue">,
): Promise<Steered> => steerAll(ids, (id) => retryOne(id, parts));

export const bulkOf = ({ done, failed }: Steered): BulkView => ({
  done: done.map(({ id }) => id),
  failed,
});

async function steerAll(
  ids: readonly TaskId[],
  steer: (id: TaskId) => Promise<boolean>,
): Promise<Steered> {
  const ends = await Promise.allSettled(ids.map((id) => steer(id)));
  const done: { id: TaskId; hasEnded: boolean }[] = [];
  const failed: BulkView["failed"] = [];
  for (const [n, end] of ends.entries()) {
    const id = ids[n] as TaskId;
    if (end.status === "fulfilled") done.push({ id, hasEnded: end.value });
    else {
      const { code, message } = toWireError(end.reason);
      failed.push({ task_id: id, code, message });
    }
  }
  return { done, failed };
}

async function cancelOne(
  id: TaskId,
  { env, engine }: TaskSteeringParts,
): Promise<boolean> {
  const before = await known(id, engine);
  if (isTerminal(before.state)) throw over(before);
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const stop = env.timer(PATIENCE_MS, () => resolve(null));
  const asked = engine.cancel(id);
  // Heard by nobody once it is late.
  asked.catch(() => {});
  const after = await Promise.race([asked, late]).finally(stop);
  if (after === null || !isTerminal(after.state)) return false;
  if (after.state !== "cancelled") throw over(after);
  return true;
}

async function retryOne(
  id: TaskId,
  { engine, queue }: Pick<TaskSteeringParts, "engine" | "queue">,
): Promise<boolean> {
  if (await queue.redrive(id)) return false;
  const { state } = await known(id, engine);
  throw new BalancerError(
    "ALREADY_FINISHED",
    isTerminal(state) && state !== "completed"
      ? `${quoted(id)} cannot be tried again: what it comes after makes that impossible`
      : `${quoted(id)} cannot be tried again: it is ${state}`,
    { hint: "What can be is a task that ended other than completed." },
  );
}

async function known(
  id: TaskId,
  engine: Pick<Engine, "get">,
): Promise<TaskRecord> {
  const task = await engine.get(id);
  if (task === null)
    throw new BalancerError("NOT_FOUND", `there is no task ${quoted(id)}`, {
      hint: "It may have been archived.",
    });
  return task;
}

const over = ({ id, state }: TaskRecord): BalancerError =>
  new BalancerError("ALREADY_FINISHED", `${quoted(id)} has ended: ${state}`, {
    hint: "Only a task that waits or runs can be cancelled.",
  });
