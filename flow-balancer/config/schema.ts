/**
 * What may be configured, once: the shape of a flow-balancer.toml. The names of variables and
 * flags are made from it. Every refusal carries what the value must be as its message.
 */

import { z } from "zod";

/** Above this a machine thrashes long before the pool is full. */
const MAX_WORKERS = 256;
/** setTimeout wraps above 2^31 ms; a day is far below. */
const DAY_MS = 86_400_000;
const GIB = 1_073_741_824;

const integer = (min: number, max: number) => {
  const error = `${min}..${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};
const text = (what: string) =>
  z.string({ error: what }).min(1, { error: what });
const choice = <const T extends readonly string[]>(of: T) =>
  z.enum(of, { error: `one of ${of.map((it) => `"${it}"`).join(", ")}` });
const matching = (pattern: RegExp, what: string) =>
  z.string({ error: what }).regex(pattern, { error: what });
const list = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item, { error: what });
const table = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, { error: "a table" }).partial();

const BUILT_IN_KINDS: ReadonlySet<string> = new Set(["shell", "script"]);
const kindName = matching(
  /^[a-z][a-z0-9_.-]{0,63}$/,
  "named with a-z, 0-9, '_', '.' or '-', at most 64 of them",
).refine((name) => !BUILT_IN_KINDS.has(name), {
  error: "named otherwise: this kind is built in",
});

const kind = z.strictObject(
  {
    module: text("the path of a module"),
    description: text("text").optional(),
    effects: choice(["idempotent", "once", "none"]).optional(),
    concurrency: integer(1, MAX_WORKERS).optional(),
    timeout_ms: integer(1, DAY_MS).optional(),
    env: list(
      matching(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of a variable"),
      "a list of names of variables",
    ).optional(),
    memory_mb: integer(16, 1_048_576).optional(),
    capabilities: list(text("text"), "a list of names").optional(),
  },
  { error: "a table with a module" },
);

export const settingsSchema = table({
  home: text("the path of a directory"),
  roots: list(text("the path of a directory"), "a list of directories").min(1, {
    error: "a list of at least one directory",
  }),
  toolsets: list(choice(["pool"]), "a list of toolsets"),
  durability: choice(["normal", "full"]),
  pool: table({
    max_workers: integer(1, MAX_WORKERS),
    spare_workers: integer(0, MAX_WORKERS),
    max_waiting: integer(0, 1_000_000),
    idle_ms: integer(0, DAY_MS),
    start_timeout_ms: integer(1, DAY_MS),
    cancel_grace_ms: integer(0, 600_000),
    max_tasks_per_worker: integer(1, 1_000_000_000),
  }),
  tasks: table({
    timeout_ms: integer(1, DAY_MS),
    max_output_bytes: integer(0, GIB),
    max_input_bytes: integer(1, GIB),
    max_result_bytes: integer(1, GIB),
  }),
  patience: table({
    unknown_ms: integer(1_000, DAY_MS),
    clients: z.record(
      matching(/^[^A-Z]{1,64}$/, "a part of a client's name, lower case"),
      integer(1_000, DAY_MS),
      { error: "a table of client names" },
    ),
  }),
  kinds: z.record(kindName, kind, { error: "a table of kinds" }),
  http: table({
    host: text("a host name or address"),
    port: integer(0, 65_535),
  }),
});

export type Settings = z.infer<typeof settingsSchema>;
