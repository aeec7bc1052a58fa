/** Lists in which tasks come after one another by stages: what the stages are, and how many dependencies are too many. */

import type { ListType } from "./board.ts";
import { BalancerError } from "./errors.ts";

/** Each is a row; two stages of 100 tasks have as many. */
const MAX_EDGES = 10_000;

interface StagedList<T> {
  readonly type: ListType;
  readonly stageOf: (item: T) => number | null;
  /** The list's name in messages, as a JSON pointer: "/tasks". */
  readonly where: string;
}

/**
 * Each after the one before. In a sequence every item is a stage of its own; a parallel list is one stage.
 * Throws INVALID_ARGUMENT where a stage is missing, or said outside a pipeline.
 */
export function stagesOf<T>(
  items: readonly T[],
  { type, stageOf, where }: StagedList<T>,
): readonly (readonly T[])[] {
  for (const [at, item] of items.entries())
    if ((stageOf(item) !== null) !== (type === "pipeline"))
      throw type === "pipeline"
        ? invalid(`${where}/${at}/stage: each item of a pipeline needs a stage`)
        : invalid(
            `${where}/${at}/stage: only a pipeline has stages, this list is ${type}`,
            "Say type 'pipeline', or leave the stages out.",
          );
  if (type === "parallel") return [items];
  if (type === "sequential") return items.map((item) => [item]);
  const stages = Map.groupBy(items, (item) => stageOf(item) ?? 0);
  return [...stages].sort(([a], [b]) => a - b).map(([, members]) => members);
}

/** Of stages each of whose members comes after every one of the stage before. */
export const edgesOf = (stages: readonly (readonly unknown[])[]): number =>
  stages.reduce(
    (sum, { length }, at) => sum + length * (stages[at - 1]?.length ?? 0),
    0,
  );

/** Throws INVALID_ARGUMENT. */
export function assertFewEdges(edges: number): void {
  if (edges > MAX_EDGES)
    throw invalid(
      `the list has ${edges} dependencies, at most ${MAX_EDGES} are taken`,
      "Put one item between two large stages, which gathers the first and opens the second.",
    );
}

const invalid = (message: string, hint?: string): BalancerError =>
  new BalancerError(
    "INVALID_ARGUMENT",
    message,
    hint === undefined ? {} : { hint },
  );
