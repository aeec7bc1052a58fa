/**
 * Hands a batch to the engine. One that is in order is recorded whole or not at all, with what each task
 * comes after, so that another server does the whole of it where this one died.
 */

import type { Engine, Submission, SubmitOptions } from "../core/engine.ts";
import { toWireError } from "../core/errors.ts";
import { taskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { Dependency } from "../core/task.ts";
import type { BatchPlan, PlannedTask } from "./batch-plan.ts";
import type { TaskAnswer } from "./task-answer.ts";

/** What became of one item: a task, or the refusal to make one of it. */
export type Item =
  | { readonly type: "task"; readonly submission: Submission }
  | { readonly type: "refused"; readonly answer: TaskAnswer };

/** In input order. What is refused (a full queue) is that item's error. */
export const submitEach = (
  tasks: readonly PlannedTask[],
  engine: Engine,
  options: SubmitOptions,
): Promise<readonly Item[]> =>
  Promise.all(
    tasks.map(async ({ request }): Promise<Item> => {
      try {
        const submission = await engine.submit(request, options);
        return { type: "task", submission };
      } catch (thrown) {
        return { type: "refused", answer: failed("", thrown) };
      }
    }),
  );

/** In input order. Throws what `Engine.submitAll` throws: nothing was submitted then. */
export async function submitInOrder(
  plan: BatchPlan,
  engine: Engine,
  env: Env,
  options: SubmitOptions,
): Promise<readonly Item[]> {
  let after: readonly Dependency[] = [];
  const tasks = plan.flatMap((stage) => {
    const named = stage.map(({ index, request }) => ({
      index,
      id: taskId(env.unique()),
      request: { ...request, after },
    }));
    after = named.map(({ id }) => ({ id, on: "success" }));
    return named;
  });
  const submitted = await engine.submitAll(tasks, options);
  const items: Item[] = [];
  for (const [at, submission] of submitted.entries())
    items[tasks[at]?.index ?? at] = { type: "task", submission };
  return items;
}

export const failed = (id: string, thrown: unknown): TaskAnswer => ({
  task_id: id,
  status: "failed",
  error: toWireError(thrown),
});
