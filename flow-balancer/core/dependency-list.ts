/** Checks of what a task is to come after, before anything of it is written. */

import { BalancerError } from "./errors.ts";
import type { TaskId } from "./ids.ts";
import { quoted } from "./quoted.ts";
import type { Dependency } from "./task.ts";

/** Each task once. Throws INVALID_ARGUMENT where one is named twice and is to end in two ways. */
export function distinctDependencies(
  after: readonly Dependency[],
): readonly Dependency[] {
  if (after.length < 2) return after;
  const seen = new Map<TaskId, Dependency>();
  for (const dependency of after) {
    const earlier = seen.get(dependency.id);
    if (earlier === undefined) seen.set(dependency.id, dependency);
    else if (earlier.on !== dependency.on)
      throw new BalancerError(
        "INVALID_ARGUMENT",
        `after names ${quoted(dependency.id)} twice, on ${earlier.on} and on ${dependency.on}`,
        { hint: "Name each task once; on finish covers both." },
      );
  }
  return [...seen.values()];
}

export interface Node {
  readonly id: TaskId;
  readonly after: readonly Dependency[];
}

/** Throws DEPENDENCY_CYCLE with the cycle shown, as `a -> b -> a`: each comes after the next. */
export function refuseCycle(nodes: readonly Node[]): void {
  const open = new Map(nodes.map(({ id, after }) => [id, after]));
  for (const { id } of nodes) {
    const path: { readonly id: TaskId; next: number }[] = [{ id, next: 0 }];
    const onPath = new Set<TaskId>([id]);
    // Depth first, without recursion: a chain may be longer than the stack is deep.
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const parent = open.get(top.id)?.[top.next++]?.id;
      if (parent === undefined) {
        // Whatever it comes after is free of cycles.
        open.delete(top.id);
        onPath.delete(top.id);
        path.pop();
      } else if (onPath.has(parent)) {
        const from = path.findIndex((step) => step.id === parent);
        throw cycle([...path.slice(from).map((step) => step.id), parent]);
      } else if (open.has(parent)) {
        path.push({ id: parent, next: 0 });
        onPath.add(parent);
      }
    }
  }
}

/** Of a long cycle, its two ends. */
const SHOWN = 12;

function cycle(ids: readonly TaskId[]): BalancerError {
  const names = ids.map((id) => quoted(id));
  const shown =
    names.length <= SHOWN
      ? names
      : [
          ...names.slice(0, SHOWN / 2),
          `... (${names.length - SHOWN} more)`,
          ...names.slice(-SHOWN / 2),
        ];
  return new BalancerError(
    "DEPENDENCY_CYCLE",
    `the tasks wait for each other: ${shown.join(" -> ")}`,
    { hint: "Take one of these dependencies out; nothing was recorded." },
  );
}
