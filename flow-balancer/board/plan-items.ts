/**
 * A list of items as the graph of tasks it is to become. Pure: nothing is recorded before the whole
 * list is known to be sound.
 */

import type { ListType, NewItem } from "../core/board.ts";
import { BOARD_LIMITS } from "../core/board-limits.ts";
import { BalancerError } from "../core/errors.ts";
import type { TaskId } from "../core/ids.ts";
import { type NewTask, PLAIN_TERMS } from "../core/queue.ts";
import { quoted } from "../core/quoted.ts";
import type { Dependency } from "../core/task.ts";
import { assertFewEdges, stagesOf } from "../core/task-stages.ts";
import { checkItem } from "./check-item.ts";
import { invalid } from "./check-text.ts";

const MAX_SHOWN = 12;

interface PlannedItem {
  readonly item: NewItem;
  readonly task: NewTask;
}

interface Planning {
  readonly items: readonly NewItem[];
  readonly type: ListType;
  readonly newId: () => TaskId;
  /** Whether there is such a task already. */
  readonly isThere: (ref: string) => boolean;
}

/** An item with what it comes after, by id. */
interface Node {
  readonly item: NewItem;
  readonly id: TaskId;
  readonly after: Map<TaskId, Dependency["on"]>;
}

/** In the order given. Throws INVALID_ARGUMENT, OUT_OF_RANGE, NOT_FOUND or DEPENDENCY_CYCLE with the cycle shown. */
export function planItems({
  items,
  type,
  newId,
  isThere,
}: Planning): readonly PlannedItem[] {
  if (items.length === 0 || items.length > BOARD_LIMITS.items)
    throw invalid(
      `items: 1 to ${BOARD_LIMITS.items} are taken in one call, got ${items.length}`,
    );
  for (const [at, item] of items.entries()) checkItem(item, `/tasks/${at}`);
  refuseUnknownEvidence(items, isThere);
  const nodes = items.map((item) => ({ item, id: newId(), after: new Map() }));
  const stageOf = ({ item }: Node): number | null => item.stage;
  tieStages(stagesOf<Node>(nodes, { type, stageOf, where: "/tasks" }));
  tieReferences(nodes, isThere);
  assertFewEdges(nodes.reduce((sum, { after }) => sum + after.size, 0));
  refuseCycle(nodes);
  return nodes.map((node) => ({ item: node.item, task: toTask(node) }));
}

/** What waits for a task that will never be there could never be proven. */
function refuseUnknownEvidence(
  items: readonly NewItem[],
  isThere: Planning["isThere"],
): void {
  for (const [at, { required }] of items.entries())
    for (const [index, evidence] of required.entries())
      if (evidence.type === "task" && !isThere(evidence.id))
        throw new BalancerError(
          "NOT_FOUND",
          `/tasks/${at}/evidence/${index}: there is no task ${quoted(evidence.id)}`,
          { hint: "Evidence names a task that is there already, by its id." },
        );
}

function tieStages(stages: readonly (readonly Node[])[]): void {
  let before: readonly Node[] = [];
  for (const stage of stages) {
    for (const { after } of stage)
      for (const { id } of before) after.set(id, "success");
    before = stage;
  }
}

/** What an item says itself, over what its list says of it. A key of the list hides a task of the same name. */
function tieReferences(
  nodes: readonly Node[],
  isThere: Planning["isThere"],
): void {
  const byKey = new Map<string, TaskId>();
  for (const [at, { item, id }] of nodes.entries()) {
    if (item.key === null) continue;
    if (byKey.has(item.key))
      throw invalid(
        `/tasks/${at}/key: ${quoted(item.key)} is the key of an earlier item`,
      );
    byKey.set(item.key, id);
  }
  for (const [at, { item, after }] of nodes.entries()) {
    const said = new Map<TaskId, Dependency["on"]>();
    for (const [index, { ref, on }] of item.after.entries()) {
      const id = byKey.get(ref) ?? (isThere(ref) ? (ref as TaskId) : null);
      const where = `/tasks/${at}/after/${index}`;
      if (id === null)
        throw new BalancerError(
          "NOT_FOUND",
          `${where}: ${quoted(ref)} is neither the key of an item of this list nor the id of a task`,
        );
      if ((said.get(id) ?? on) !== on)
        throw invalid(
          `${where}: ${quoted(ref)} is named twice, with different ends`,
        );
      said.set(id, on);
      after.set(id, on);
    }
  }
}

/** Depth first, without recursion: a list may be as deep as it is long. What is there already comes after nothing new. */
function refuseCycle(nodes: readonly Node[]): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const done = new Set<Node>();
  for (const start of nodes) {
    const trail: { readonly node: Node; readonly rest: TaskId[] }[] = [];
    const onTrail = new Set<Node>();
    const enter = (node: Node): void => {
      trail.push({ node, rest: [...node.after.keys()] });
      onTrail.add(node);
    };
    if (!done.has(start)) enter(start);
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const parent = top.rest.pop();
      const next = parent === undefined ? undefined : byId.get(parent);
      if (parent === undefined) {
        trail.pop();
        onTrail.delete(top.node);
        done.add(top.node);
      } else if (next !== undefined && onTrail.has(next)) {
        const from = trail.findIndex(({ node }) => node === next);
        const cycle = [...trail.slice(from).map(({ node }) => node), next];
        throw cycleError(cycle.map(({ item }) => item));
      } else if (next !== undefined && !done.has(next)) enter(next);
    }
  }
}

function cycleError(cycle: readonly NewItem[]): BalancerError {
  const names = cycle
    .slice(0, MAX_SHOWN)
    .map(({ key, title }) => quoted(key ?? title));
  const more =
    cycle.length > MAX_SHOWN ? ` ... (${cycle.length - 1} in all)` : "";
  return new BalancerError(
    "DEPENDENCY_CYCLE",
    `these come after one another in a circle: ${names.join(" after ")}${more}`,
    { hint: "Take one of these dependencies out; nothing was added." },
  );
}

const toTask = ({
  item: { title, details, priority },
  id,
  after,
}: Node): NewTask => ({
  id,
  request: {
    kind: "agent",
    inputJson: JSON.stringify({ title, details }),
    session: null,
    timeoutMs: null,
    deadlineMs: null,
    priority,
    idempotencyKey: null,
    after: [...after].map(([parent, on]) => ({ id: parent, on })),
  },
  terms: { ...PLAIN_TERMS, queue: "board" },
});
