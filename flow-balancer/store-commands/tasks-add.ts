/** `flow-balancer tasks add`: one task of the board, or a list of them. */

import type { Answer } from "../commands/answer.ts";
import {
  type EvidenceOptions,
  evidenceOf,
} from "../commands/evidence-options.ts";
import { commaList, onlyOne, wholeNumber } from "../commands/option-values.ts";
import type { NewItem } from "../core/board.ts";
import { BalancerError } from "../core/errors.ts";
import { printableJson } from "../core/printable.ts";
import { itemView } from "../mcp/board-view.ts";
import { parseDependency } from "../mcp/dependency-argument.ts";
import { holderName } from "./holder-name.ts";
import { withBoard } from "./open-board.ts";
import type { Where } from "./read-store.ts";
import type { TaskList } from "./task-list-file.ts";

export interface AddOptions extends EvidenceOptions {
  readonly details?: string;
  readonly weight?: string;
  readonly priority?: string;
  readonly needs?: string;
  readonly after?: readonly string[];
  readonly from?: string;
  readonly as?: string;
  readonly json?: true;
}

const DEFAULT_WEIGHT = 3;

/** `argv`: the words after `--`. Plain, the ids, one a line, in the order given. */
export async function tasksAdd(
  operands: readonly string[],
  argv: readonly string[],
  options: AddOptions,
  where: Where,
): Promise<Answer> {
  const { items, type } =
    options.from === undefined
      ? one(onlyOne(operands, "title"), argv, options, where.around.cwd)
      : await listed(options.from, operands, argv, options, where.around.cwd);
  const by = holderName(options.as, where.around.env);
  const added = await withBoard(where, { create: true }, ({ board }) =>
    board.add(items, type, by),
  );
  const json = () => ({
    schema: 1,
    tasks: added.map((item, index) => {
      const key = items[index]?.key ?? null;
      return key === null ? itemView(item) : { key, ...itemView(item) };
    }),
  });
  return {
    data:
      options.json === true
        ? printableJson(json())
        : added.map(({ id }) => id).join("\n"),
  };
}

function one(
  title: string,
  argv: readonly string[],
  options: AddOptions,
  cwd: string,
): TaskList {
  const { details, weight, priority, needs, after = [] } = options;
  const item: NewItem = {
    key: null,
    title,
    details: details ?? null,
    weight:
      weight === undefined
        ? DEFAULT_WEIGHT
        : wholeNumber(weight, { min: 1, max: 10 }, "--weight"),
    priority:
      priority === undefined
        ? 0
        : wholeNumber(priority, { min: -10, max: 10 }, "--priority"),
    capabilities: commaList(needs ?? ""),
    after: after.map((ref) => parseDependency(ref, "--after")),
    required: evidenceOf(options, argv, cwd),
    stage: null,
  };
  return { items: [item], type: "parallel" };
}

const ALONE = [
  "details",
  "weight",
  "priority",
  "needs",
  "after",
  "evidenceCommand",
  "evidenceFile",
  "evidenceTask",
] as const;

async function listed(
  from: string,
  operands: readonly string[],
  argv: readonly string[],
  options: AddOptions,
  cwd: string,
): Promise<TaskList> {
  if (
    operands.length > 0 ||
    argv.length > 0 ||
    ALONE.some((name) => options[name] !== undefined)
  )
    throw new BalancerError(
      "INVALID_ARGUMENT",
      "--from takes everything from the list: no title and no other option of a task goes with it",
    );
  // Loaded only here: checking a list costs more time than all the rest of an add.
  const { readTaskList } = await import("./task-list-file.ts");
  return readTaskList(from, cwd);
}
