/** What could be meant by what is being typed into the query line. Pure. */

import { TASK_STATES } from "../../flow-balancer/core/task.ts";
import { QUERY_KEYS, type QueryKey } from "./task-query.ts";

/** Values that were seen; more than these may exist. */
export interface KnownValues {
  readonly kind: readonly string[];
  readonly session: readonly string[];
  readonly worker: readonly string[];
}

export interface Completion {
  /** Takes the place of the last word. */
  readonly insert: string;
  readonly note: string;
}

const MOST = 8;
const SINCE = ["5m", "1h", "24h", "7d"];

const KEY_NOTES: Readonly<Record<QueryKey, string>> = {
  state: "queued, running, failed …",
  kind: "what kind of work",
  session: "of one session",
  worker: "run by one worker",
  since: "submitted within 1h, 7d …",
};

/** For the last word of `line`: keys while it has no colon, values after it, those that begin so first. Nothing for an unknown key. */
export function completionsFor(
  line: string,
  known: KnownValues,
): readonly Completion[] {
  const word = /\S*$/.exec(line)?.[0] ?? "";
  const [, key, begun = ""] = /^([a-z]+):(.*)$/.exec(word) ?? [];
  if (key === undefined)
    return QUERY_KEYS.filter((it) => it.startsWith(word.toLowerCase())).map(
      (it) => ({ insert: `${it}:`, note: KEY_NOTES[it] }),
    );
  const values = valuesOf(key, known);
  const wanted = begun.replace(/^"/, "").toLowerCase();
  const begins = (it: string): boolean => it.toLowerCase().startsWith(wanted);
  return values
    .filter((it) => it.toLowerCase().includes(wanted) && it !== begun)
    .toSorted((a, b) => Number(begins(b)) - Number(begins(a)))
    .slice(0, MOST)
    .map((it) => ({
      insert: `${key}:${/\s/.test(it) ? `"${it}"` : it} `,
      note: "",
    }));
}

function valuesOf(key: string, known: KnownValues): readonly string[] {
  switch (key) {
    case "state":
      return TASK_STATES;
    case "since":
      return SINCE;
    case "kind":
    case "session":
    case "worker":
      return known[key];
    default:
      return [];
  }
}

/** The line with its last word replaced. */
export const complete = (line: string, { insert }: Completion): string =>
  line.replace(/\S*$/, () => insert);
