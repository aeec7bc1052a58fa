/** What comes after what, said plainly: parents that must exist, cycles, and ends that make other ends. */

import { BalancerError, wireError } from "../../flow-balancer/core/errors.ts";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import {
  isTerminal,
  type Dependency,
  type TaskResult,
} from "../../flow-balancer/core/task.ts";
import type { MemoryTask } from "./memory-queue-task.ts";

export type Tasks = ReadonlyMap<TaskId, MemoryTask>;

/** A wish about a parent that has ended: kept, or broken for good. */
export function isKept({ on }: Dependency, parent: MemoryTask): boolean {
  if (on === "finish") return true;
  return (parent.state === "completed") === (on === "success");
}

/** How a task ends whose parent did not end as it needs. */
export const brokenBy = (parent: MemoryTask): TaskResult => ({
  status: parent.state === "completed" ? "cancelled" : "failed",
  error: wireError(
    "DEPENDENCY_FAILED",
    `${parent.id}, which it comes after, ended ${parent.state}`,
    "Redrive that one, or submit this one without it.",
  ),
  valueJson: null,
});

/** Whether it ended for the sake of `parent`, or of another one it names. */
export const endedForOthers = ({ result }: MemoryTask): boolean =>
  result !== null &&
  result.status !== "completed" &&
  result.error.code === "DEPENDENCY_FAILED";

/** Null: all of them are open or ended as needed. */
export const breaker = (tasks: Tasks, task: MemoryTask): MemoryTask | null => {
  for (const wish of task.request.after) {
    const parent = tasks.get(wish.id);
    if (parent === undefined || !isTerminal(parent.state)) continue;
    if (!isKept(wish, parent)) return parent;
  }
  return null;
};

/** It waits for those of its parents that have not ended. */
export function tie(tasks: Tasks, { open, request }: MemoryTask): void {
  for (const { id, on } of request.after)
    if (!isTerminal(tasks.get(id)?.state ?? "queued")) open.set(id, on);
}

/** Each parent once. Throws NOT_FOUND, and INVALID_ARGUMENT for one that would have to end in two ways. */
export function checkParents(
  after: readonly Dependency[],
  isKnown: (id: TaskId) => boolean,
): void {
  const seen = new Map<TaskId, Dependency>();
  for (const wish of after) {
    if ((seen.get(wish.id) ?? wish).on !== wish.on)
      throw new BalancerError(
        "INVALID_ARGUMENT",
        `after: ${wish.id} is named twice, with different ends`,
      );
    seen.set(wish.id, wish);
  }
  for (const id of seen.keys())
    if (!isKnown(id))
      throw new BalancerError("NOT_FOUND", `there is no task ${id}`);
}

/** Throws DEPENDENCY_CYCLE. Takes who of the graph comes after whom. */
export function checkCycles(
  graph: ReadonlyMap<TaskId, readonly TaskId[]>,
): void {
  const done = new Set<TaskId>();
  const path: TaskId[] = [];
  const visit = (id: TaskId): void => {
    const at = path.indexOf(id);
    if (at >= 0)
      throw new BalancerError(
        "DEPENDENCY_CYCLE",
        `these wait for each other: ${[...path.slice(at), id].join(" -> ")}`,
      );
    if (done.has(id)) return;
    path.push(id);
    for (const parent of graph.get(id) ?? []) visit(parent);
    path.pop();
    done.add(id);
  };
  for (const id of graph.keys()) visit(id);
}
