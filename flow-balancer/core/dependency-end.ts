/** What the end of one task means to another that comes after it. */

import { wireError } from "./errors.ts";
import type { TaskId } from "./ids.ts";
import {
  isTerminal,
  type DependencyOn,
  type TaskResult,
  type TaskState,
} from "./task.ts";

/** `never`: it has ended, and not as it had to. */
export type Verdict = "open" | "met" | "never";

export function verdictOf(on: DependencyOn, parent: TaskState): Verdict {
  if (!isTerminal(parent)) return "open";
  if (on === "finish") return "met";
  return (parent === "completed") === (on === "success") ? "met" : "never";
}

/** How a task ends whose verdict on `parent` is `never`. */
export const dependencyEnd = (
  parent: TaskId,
  state: TaskState,
): Exclude<TaskResult, { readonly status: "completed" }> =>
  state === "completed"
    ? {
        status: "cancelled",
        error: wireError(
          "DEPENDENCY_FAILED",
          `${parent}, which this task was to follow if it failed, completed`,
          "There is nothing left for it to do.",
        ),
        valueJson: null,
      }
    : {
        status: "failed",
        error: wireError(
          "DEPENDENCY_FAILED",
          `${parent}, which this task comes after, ended ${state}`,
          "Mend that one first, then submit both again.",
        ),
        valueJson: null,
      };
