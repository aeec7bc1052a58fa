/** What the in-memory queue answers to who looks over all of its tasks. */

import type { ListFilter, ListPage } from "../../flow-balancer/core/queue.ts";
import {
  isTerminal,
  TASK_STATES,
  type TaskState,
} from "../../flow-balancer/core/task.ts";
import { recordOf, type MemoryTask } from "./memory-queue-task.ts";

/** Takes the tasks in the order they came. */
export function pageOf(
  tasks: readonly MemoryTask[],
  { state, session, kind, since, queue, before, limit }: ListFilter,
): ListPage {
  const found = tasks
    .toReversed()
    .filter(
      (task) =>
        (state === undefined || task.state === state) &&
        (session === undefined || task.request.session === session) &&
        (kind === undefined || task.request.kind === kind) &&
        (since === undefined || task.submittedAt >= since) &&
        (queue === undefined || task.terms.queue === queue) &&
        (before === undefined || task.seq < before),
    );
  const page = found.slice(0, limit);
  return {
    tasks: page.map(recordOf),
    next: found.length > limit ? (page.at(-1)?.seq ?? null) : null,
  };
}

export const countsOf = (
  tasks: readonly MemoryTask[],
): Readonly<Record<TaskState, number>> =>
  Object.fromEntries(
    TASK_STATES.map((of) => [
      of,
      tasks.filter(({ state }) => state === of).length,
    ]),
  ) as Record<TaskState, number>;

export const hasEnded = (task: MemoryTask | undefined): boolean =>
  task !== undefined && isTerminal(task.state);
