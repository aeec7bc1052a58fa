/**
 * Hands a batch to the engine, stage by stage. What a task comes after is in the store with it, so that
 * another server goes on with the batch where this one died.
 */

import type { Engine, Submission, SubmitOptions } from "../core/engine.ts";
import { BalancerError, toWireError } from "../core/errors.ts";
import type { Dependency, TaskRequest } from "../core/task.ts";
import type { BatchPlan, PlannedTask } from "./batch-plan.ts";
import type { TaskAnswer } from "./task-answer.ts";

/** What became of one item: a task, or the refusal to make one of it. */
export type Item =
  | { readonly type: "task"; readonly submission: Submission }
  | { readonly type: "refused"; readonly answer: TaskAnswer };

/** In input order. A refusal (a full queue) is that item's error, and that of all later stages: they could never start. */
export async function submitBatch(
  plan: BatchPlan,
  engine: Engine,
  options: SubmitOptions,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let after: readonly Dependency[] = [];
  let culprit: PlannedTask | undefined;
  for (const stage of plan) {
    const submitted = await Promise.all(
      stage.map(({ request }) =>
        culprit === undefined
          ? submitOne({ ...request, after }, engine, options)
          : neverToStart(culprit),
      ),
    );
    after = submitted.flatMap((item) =>
      item.type === "task"
        ? [{ id: item.submission.task.id, on: "success" as const }]
        : [],
    );
    culprit ??= stage.find((_, at) => submitted[at]?.type === "refused");
    for (const [at, item] of submitted.entries())
      items[stage[at]?.index ?? at] = item;
  }
  return items;
}

async function submitOne(
  request: TaskRequest,
  engine: Engine,
  options: SubmitOptions,
): Promise<Item> {
  try {
    const submission = await engine.submit(request, options);
    return { type: "task", submission };
  } catch (thrown) {
    return { type: "refused", answer: failed("", thrown) };
  }
}

const neverToStart = ({ index }: PlannedTask): Item => ({
  type: "refused",
  answer: failed(
    "",
    new BalancerError(
      "DEPENDENCY_FAILED",
      `/tasks/${index}, which this task comes after, was refused`,
      { hint: "Mend that one first, then submit both again." },
    ),
  ),
});

export const failed = (id: string, thrown: unknown): TaskAnswer => ({
  task_id: id,
  status: "failed",
  error: toWireError(thrown),
});
