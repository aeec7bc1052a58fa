/** The query line of the task list: `state:failed,timed_out kind:shell since:1h words`, as text, as an address, and as the server's filter. Pure. */

import { TASK_STATES, type TaskState } from "../../flow-balancer/core/task.ts";
import type { TaskFilter } from "../api/task-views.ts";

export interface TaskQuery {
  /** Any of these; none: all. */
  readonly state: readonly TaskState[];
  readonly kind: string | null;
  readonly session: string | null;
  readonly worker: string | null;
  /** As typed: "1h", "30m", "2d", or a date. */
  readonly since: string | null;
  /** Part of an id or title. */
  readonly text: string;
}

export const QUERY_KEYS = [
  "state",
  "kind",
  "session",
  "worker",
  "since",
] as const;
export type QueryKey = (typeof QUERY_KEYS)[number];

export const EMPTY_QUERY: TaskQuery = {
  state: [],
  kind: null,
  session: null,
  worker: null,
  since: null,
  text: "",
};

interface Parsed {
  readonly query: TaskQuery;
  /** What was left out, and why. */
  readonly problems: readonly string[];
}

const TOKEN = /(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/g;

/** `onto` is what is set already: a state adds to it, any other key takes the old one's place. Words are joined to one text. */
export function parseQuery(
  line: string,
  onto: TaskQuery = EMPTY_QUERY,
): Parsed {
  const query: { -readonly [K in keyof TaskQuery]: TaskQuery[K] } = { ...onto };
  const words: string[] = [];
  const problems: string[] = [];
  for (const [whole, key, quoted, bare] of line.matchAll(TOKEN)) {
    const value = quoted ?? bare ?? "";
    const known = QUERY_KEYS.find((it) => it === key);
    if (known === undefined) {
      // A key that waits for its value is no word.
      if (QUERY_KEYS.some((it) => whole === `${it}:`)) continue;
      words.push(key === undefined ? value : whole);
      continue;
    }
    if (value === "") continue;
    const problem = set(query, known, value);
    if (problem !== null) problems.push(problem);
  }
  query.text = words.join(" ").slice(0, 200);
  return { query, problems };
}

/** What is wrong with the value; null: nothing. */
function set(
  query: { -readonly [K in keyof TaskQuery]: TaskQuery[K] },
  key: QueryKey,
  value: string,
): string | null {
  if (key === "state") {
    const states = value.split(",").filter(Boolean);
    const known = states.flatMap(
      (it) => TASK_STATES.find((s) => s === it) ?? [],
    );
    query.state = [...new Set([...query.state, ...known])];
    const strange = states.find((it) => !TASK_STATES.some((s) => s === it));
    return strange === undefined
      ? null
      : `"${strange}" is no state; there are ${TASK_STATES.join(", ")}`;
  }
  if (key === "since" && sinceMs(value, 0) === null)
    return `"${value}" is no time; write 30m, 2h, 7d or a date such as 2026-01-31`;
  query[key] = value.slice(0, key === "kind" ? 64 : 200);
  return null;
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Epoch ms of "1h" before `now`, or of a date; null: it is neither. */
function sinceMs(text: string, now: number): number | null {
  const [, amount, unit = ""] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (amount !== undefined) return now - Number(amount) * (UNITS[unit] ?? 0);
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** What the server is asked for. */
export function filterOf(query: TaskQuery, now: number): TaskFilter {
  const since = query.since === null ? null : sinceMs(query.since, now);
  return {
    ...(query.state.length > 0 && { state: [...query.state] }),
    ...(query.kind !== null && { kind: query.kind }),
    ...(query.session !== null && { session: query.session }),
    ...(query.worker !== null && { worker: query.worker }),
    ...(since !== null && { since }),
    ...(query.text !== "" && { text: query.text }),
  };
}

/** The filter as the API's query string, without a leading "?". */
export function searchOf(filter: TaskFilter): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(filter))
    if (value !== undefined)
      search.set(key, Array.isArray(value) ? value.join(",") : String(value));
  return search.toString().replaceAll("%2C", ",");
}

/** The page's address for a query. */
export function hrefOf(query: TaskQuery): string {
  const search = new URLSearchParams();
  if (query.state.length > 0) search.set("state", query.state.join(","));
  for (const key of ["kind", "session", "worker", "since", "text"] as const) {
    const value = query[key];
    if (value !== null && value !== "") search.set(key, value);
  }
  const text = search.toString().replaceAll("%2C", ",");
  return text === "" ? "/ui/tasks" : `/ui/tasks?${text}`;
}

/** What an address says; what is no state or time in it is left out. */
export function queryOf(params: URLSearchParams): TaskQuery {
  const states = params.get("state")?.split(",") ?? [];
  const since = params.get("since");
  return {
    state: TASK_STATES.filter((it) => states.includes(it)),
    kind: params.get("kind"),
    session: params.get("session"),
    worker: params.get("worker"),
    since: since !== null && sinceMs(since, 0) !== null ? since : null,
    text: params.get("text") ?? "",
  };
}

export interface Chip {
  readonly key: QueryKey;
  readonly value: string;
}

export const chipsOf = (query: TaskQuery): readonly Chip[] =>
  QUERY_KEYS.flatMap((key): Chip[] => {
    if (key === "state") return query.state.map((value) => ({ key, value }));
    const value = query[key];
    return value === null ? [] : [{ key, value }];
  });

export const withoutChip = (
  query: TaskQuery,
  { key, value }: Chip,
): TaskQuery =>
  key === "state"
    ? { ...query, state: query.state.filter((it) => it !== value) }
    : { ...query, [key]: null };
