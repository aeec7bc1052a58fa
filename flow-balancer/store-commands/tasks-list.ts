/** `flow-balancer tasks list`. */

import type { Answer } from "../commands/answer.ts";
import { parseSince } from "../commands/elapsed.ts";
import { commaList, oneOf, wholeNumber } from "../commands/option-values.ts";
import { MAX_SHOWN, tasksListAnswer } from "../commands/tasks-list.ts";
import type { Terminal } from "../commands/terminal.ts";
import { QUEUE_NAMES, TASK_STATES } from "../core/task.ts";
import { meantKind } from "./meant-kind.ts";
import { configOf, readStoreOrNull, type Where } from "./read-store.ts";
import { listTasks, type StateAsked, type TaskFilter } from "./read-tasks.ts";

export interface ListOptions {
  readonly state?: string;
  readonly kind?: string;
  readonly queue?: string;
  readonly session?: string;
  readonly since?: string;
  readonly limit?: string;
  readonly all?: true;
}

const DEFAULT_LIMIT = 50;
const STATES: readonly StateAsked[] = [
  ...TASK_STATES,
  "ready",
  "blocked",
  "delayed",
  "claimed",
];

const CHOOSING = new Set(["state", "kind", "queue", "session", "since"]);

/** Throws INVALID_ARGUMENT for an option that says nothing. */
export function tasksList(
  options: ListOptions,
  where: Where,
  as: Terminal | "json",
): Answer {
  const { env } = where;
  const filter = filterOf(options, where);
  const page = readStoreOrNull(where, ({ db, config }) => {
    const found = listTasks(db, env, filter);
    const { kind } = filter;
    const isUnknown = found.tasks.length === 0 && kind !== null;
    return isUnknown ? { ...found, meant: meantKind(kind, db, config) } : found;
  });
  const meant =
    page === null && filter.kind !== null
      ? meantKind(filter.kind, null, configOf(where))
      : ".";
  const isChosen = Object.keys(options).some((name) => CHOOSING.has(name));
  return tasksListAnswer(
    { ...(page ?? { tasks: [], more: false, meant }), isChosen },
    env.now(),
    as,
  );
}

const filterOf = (options: ListOptions, { env }: Where): TaskFilter => ({
  states: commaList(options.state ?? "").map((state) =>
    // As the list shows it, with a space.
    oneOf(state.replaceAll(" ", "_"), STATES, "--state"),
  ),
  kind: options.kind ?? null,
  queue:
    options.queue === undefined
      ? null
      : oneOf(options.queue, QUEUE_NAMES, "--queue"),
  session: options.session ?? null,
  since:
    options.since === undefined
      ? null
      : parseSince(options.since, env.now(), "--since"),
  limit:
    options.all === true
      ? MAX_SHOWN
      : options.limit === undefined
        ? DEFAULT_LIMIT
        : wholeNumber(options.limit, { min: 1, max: MAX_SHOWN }, "--limit"),
});
