/**
 * What may be configured, once: the tables and keys of a flow-balancer.toml and what each value
 * must be. Names of variables and flags, checks and types are all made from it.
 */

import { ALERT_RULE_NAMES } from "../core/alert-limits.ts";
import { JOB_LANES } from "../core/job-lanes.ts";
import type { JsonValue } from "../core/json.ts";

/** One value. `expected` ends the sentence "must be ...". */
export interface Leaf<Value> {
  readonly form: "integer" | "number" | "text" | "boolean" | "list" | "fields";
  readonly expected: string;
  readonly accepts: (value: unknown) => value is Value;
  readonly required?: true;
}

/** A table whose keys the user chooses. */
export interface ByName<Item> {
  readonly form: "by name";
  readonly expected: string;
  readonly name: Leaf<string>;
  readonly item: Item;
}

/** A list of tables, `[[name]]` each. */
export interface Tables<Item> {
  readonly form: "tables";
  readonly expected: string;
  readonly item: Item;
}

export interface Table {
  readonly [key: string]: Rule;
}

export type Rule = Leaf<unknown> | ByName<Rule> | Tables<Rule> | Table;

export const isLeaf = (rule: Rule): rule is Leaf<unknown> =>
  "accepts" in rule && typeof rule.accepts === "function";
export const isByName = (rule: Rule): rule is ByName<Rule> =>
  "form" in rule && rule.form === "by name";
export const isTables = (rule: Rule): rule is Tables<Rule> =>
  "form" in rule && rule.form === "tables";

/** What a source may say: nothing has to be there, save what a rule requires. */
type Said<R> =
  R extends Leaf<infer Value>
    ? Value
    : R extends ByName<infer Item>
      ? Readonly<Record<string, Said<Item>>>
      : R extends Tables<infer Item>
        ? readonly Said<Item>[]
        : {
            readonly [
              K in keyof R as R[K] extends { required: true } ? K : never
            ]: Said<R[K]>;
          } & {
            readonly [
              K in keyof R as R[K] extends { required: true } ? never : K
            ]?: Said<R[K]>;
          };

export type Settings = Said<typeof SETTINGS>;

/** Above this a machine thrashes long before the pool is full. */
const MAX_WORKERS = 256;
/** Timers wrap above 2^31 ms; a day is far below. */
const DAY_MS = 86_400_000;
const MAX_DAYS = 36_500;
/** By default; a server that missed one is not taken for dead. */
export const HEARTBEAT_MS = 30_000;
export const DEAD_AFTER_MS = 60_000;
/** A machine that stands still for a moment must not end work that takes a moment. */
export const MIN_TIMEOUT_MS = 5_000;
export const MAX_TIMEOUT_MS = 3_600_000;
const GIB = 1_073_741_824;

const integer = (min: number, max: number): Leaf<number> => ({
  form: "integer",
  expected: `${min}..${max}`,
  accepts: (value): value is number =>
    Number.isInteger(value) &&
    (value as number) >= min &&
    (value as number) <= max,
});

const number = (min: number, max: number): Leaf<number> => ({
  form: "number",
  expected: `a number, ${min}..${max}`,
  accepts: (value): value is number =>
    typeof value === "number" && value >= min && value <= max,
});

const text = (expected: string, pattern = /[^]/): Leaf<string> => ({
  form: "text",
  expected,
  accepts: (value): value is string =>
    typeof value === "string" && pattern.test(value),
});

const choice = <const Of extends string>(...of: Of[]): Leaf<Of> => ({
  form: "text",
  expected: `one of ${of.map((it) => `"${it}"`).join(", ")}`,
  accepts: (value): value is Of => of.some((it) => it === value),
});

const BOOLEAN: Leaf<boolean> = {
  form: "boolean",
  expected: "true or false",
  accepts: (value): value is boolean => typeof value === "boolean",
};

const list = <Item>(
  item: Leaf<Item>,
  expected: string,
  atLeast = 0,
): Leaf<readonly Item[]> => ({
  form: "list",
  expected,
  accepts: (value): value is readonly Item[] =>
    Array.isArray(value) &&
    value.length >= atLeast &&
    value.every((it) => item.accepts(it)),
});

const FIELDS: Leaf<Readonly<Record<string, JsonValue>>> = {
  form: "fields",
  expected: "a table of fields",
  accepts: (value): value is Readonly<Record<string, JsonValue>> =>
    typeof value === "object" && value !== null && !Array.isArray(value),
};

const WEB_ADDRESS: Leaf<string> = {
  form: "text",
  expected: "a URL of http or https",
  accepts: (value): value is string =>
    typeof value === "string" &&
    ["http:", "https:"].includes(URL.parse(value)?.protocol ?? ""),
};

const ORIGIN: Leaf<string> = {
  ...WEB_ADDRESS,
  accepts: (value): value is string =>
    WEB_ADDRESS.accepts(value) && URL.parse(value)?.origin === value,
};

const FOLDER = text("the path of a directory");

/** `shell` and `script` are built in. */
const KIND_NAME = text(
  "a name of a-z, 0-9, '_', '.' and '-', at most 64 of them, that is not built in",
  /^(?!(?:shell|script)$)[a-z][a-z0-9_.-]{0,63}$/,
);

const KIND = {
  module: { ...text("the path of a module"), required: true },
  description: text("text"),
  effects: choice("idempotent", "once", "none"),
  concurrency: integer(1, MAX_WORKERS),
  in_flight: integer(1, JOB_LANES),
  timeout_ms: integer(1, DAY_MS),
  env: list(
    text("", /^[A-Za-z_][A-Za-z0-9_]*$/),
    "a list of names of variables",
  ),
  memory_mb: integer(16, 1_048_576),
  capabilities: list(text(""), "a list of names"),
} as const;

const ANY_KIND = text("", /^[a-z][a-z0-9_.-]{0,63}$/);
const MAX_COST = 1e12;

const EXPERT = {
  name: {
    ...text(
      "a name of letters, digits, '_', '.', ':', '/' and '-', at most 64 of them",
      /^[A-Za-z0-9][\w.:/-]{0,63}$/,
    ),
    required: true,
  },
  kinds: {
    ...list(ANY_KIND, "a list of at least one kind of task", 1),
    required: true,
  },
  task: text("the name of a kind", /^[a-z][a-z0-9_.-]{0,63}$/),
  command: list(text(""), "a list: the program and its arguments", 1),
  input: FIELDS,
  cost: number(0, MAX_COST),
  capabilities: list(text(""), "a list of names"),
} as const;

const ALERT_RULE = {
  threshold: number(0, MAX_COST),
  clear: number(0, MAX_COST),
  hold_ms: integer(0, DAY_MS),
} as const;

export const SETTINGS = {
  home: FOLDER,
  roots: list(FOLDER, "a list of at least one directory", 1),
  toolsets: list(
    choice("pool", "board", "learning"),
    'a list of "pool", "board" and "learning"',
    1,
  ),
  durability: choice("normal", "full"),
  log: {
    level: choice("debug", "info", "warning", "error"),
    file: text("the path of a file"),
  },
  pool: {
    max_workers: integer(1, MAX_WORKERS),
    spare_workers: integer(0, MAX_WORKERS),
    max_waiting: integer(0, 1_000_000),
    idle_ms: integer(0, DAY_MS),
    start_timeout_ms: integer(1, DAY_MS),
    cancel_grace_ms: integer(0, 600_000),
    max_tasks_per_worker: integer(1, 1_000_000_000),
    max_age_ms: integer(1_000, 30 * DAY_MS),
    memory_mb: integer(16, 16_777_216),
  },
  tasks: {
    timeout_ms: integer(1, DAY_MS),
    max_output_bytes: integer(0, GIB),
    max_input_bytes: integer(1, GIB),
    max_result_bytes: integer(1, GIB),
  },
  sessions: { keep_days: integer(1, MAX_DAYS) },
  board: {
    capacity: integer(1, 1_000),
    lease_ms: integer(1_000, DAY_MS),
  },
  instances: {
    heartbeat_ms: integer(100, 600_000),
    dead_after_ms: integer(200, 3_600_000),
  },
  retention: {
    keep_days: integer(1, MAX_DAYS),
    keep_tasks: integer(1_000, 100_000_000),
    archive_months: integer(1, 1_200),
  },
  learning: {
    deadlines: choice("learned", "fixed"),
    misses_per_thousand: integer(1, 200),
    min_timeout_ms: integer(100, DAY_MS),
    max_timeout_ms: integer(1_000, DAY_MS),
    hedge: choice("on", "off"),
  },
  routing: {
    success_worth: number(1e-9, MAX_COST),
    second_cost: number(0, MAX_COST),
  },
  patience: {
    unknown_ms: integer(1_000, DAY_MS),
    clients: {
      form: "by name",
      expected: "a table of names and times",
      name: text("a part of a client's name, lower case", /^[^A-Z]{1,64}$/),
      item: integer(1_000, DAY_MS),
    },
  },
  kinds: {
    form: "by name",
    expected: "a table of kinds",
    name: KIND_NAME,
    item: KIND,
  },
  experts: { form: "tables", expected: "tables of experts", item: EXPERT },
  alerts: {
    enabled: choice("on", "off"),
    command: list(text(""), "a list: the program and its arguments", 1),
    webhook: WEB_ADDRESS,
    rules: {
      form: "by name",
      expected: "a table of alerts",
      name: choice(...ALERT_RULE_NAMES),
      item: ALERT_RULE,
    },
  },
  http: {
    host: text("a host name or address"),
    port: integer(0, 65_535),
    base_path: text(
      'a path as "/flow", with no slash at its end; "/" for none',
      /^(?:\/|(?:\/[A-Za-z0-9_-][\w.-]*)+)$/,
    ),
    read_only: BOOLEAN,
    mcp_token: choice("required", "off"),
    hostnames: list(
      text("", /^(?:[A-Za-z0-9.-]{1,253}|\[[\da-fA-F:.]+\])$/),
      "a list of host names, without ports",
    ),
    origins: list(
      ORIGIN,
      'a list of origins as browsers send them, like "http://localhost:6274": lower case, no path, no port 80 or 443',
    ),
  },
} as const;
