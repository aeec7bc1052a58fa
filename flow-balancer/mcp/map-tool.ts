/**
 * map_task: one kind over a list of inputs, in chunks whose sizes are learned as they run. A map that
 * outlasts its caller's patience goes on in this server, and is asked for again by its map_id; it ends
 * with the server.
 */

import type { CallToolResult } from "@modelcontextprotocol/server";
import { z } from "zod";
import { BalancerError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import { quoted } from "../core/quoted.ts";
import {
  defineTool,
  type CallContext,
  type ToolDefinition,
} from "./catalog.ts";
import type { Deps } from "./deps.ts";
import type { Env } from "../core/ports.ts";
import { MapRun } from "./map-run.ts";
import { whilePatient } from "./patience.ts";
import { POLL_AFTER_MS, round } from "./task-answer.ts";
import { assertKnownKind, itemFields, toRequest } from "./task-request.ts";

const MAX_ITEMS = 10_000;
/** A map whose answer nobody asked for is dropped so long after its end, ms, */
const KEPT_MS = 600_000;
/** and sooner where so many are there: the one that ended first. */
const MAX_KEPT = 20;
/** As of a task's value. */
const TEXT_CHARS = 2_000;

const { session, timeout_ms } = itemFields;

const INPUT = z.object({
  kind: z.string().optional(),
  items: z
    .array(z.custom<JsonValue>((value) => value !== undefined))
    .min(1)
    .max(MAX_ITEMS)
    .optional(),
  session,
  timeout_ms: timeout_ms.describe("Per item"),
  chunk: z.int().min(1).max(MAX_ITEMS).optional(),
  map_id: z.string().optional().describe("To wait on"),
  cancel: z.boolean().optional().describe("With map_id: stop it"),
});

type Arguments = z.output<typeof INPUT>;

/** A map and who listens to it now. */
interface Followed {
  readonly run: MapRun;
  call: CallContext | null;
}

export function mapTool(deps: Deps): ToolDefinition {
  /** Those whose answer nobody has had yet, by map_id. */
  const maps = new Map<string, Followed>();
  return defineTool({
    name: "map_task",
    title: "Run a kind over a list",
    description:
      "Runs a kind with each of up to 10000 inputs, in chunks of a learned size: for short tasks. " +
      "Answers values in item order (null: see failed), or {status: 'working', map_id}.",
    input: INPUT,
    output: z.looseObject({ status: z.string() }),
    annotations: { openWorldHint: true },
    run: (args, call) => mapTask(deps, maps, args, call),
  });
}

async function mapTask(
  deps: Deps,
  maps: Map<string, Followed>,
  args: Arguments,
  call: CallContext,
): Promise<CallToolResult> {
  const engine = await deps.engine();
  const id = args.map_id ?? `map_${deps.env.unique()}`;
  const isNew = args.map_id === undefined;
  const map = isNew ? await started(deps, args, call) : known(maps, id, args);
  map.call = call;
  const { run } = map;
  if (isNew) maps.set(id, map);
  if (args.cancel === true) run.cancel();
  const ended = await whilePatient(
    run.done.then(() => true),
    { call, engine, env: deps.env, waitMs: undefined },
  );
  if (map.call === call) map.call = null;
  if (ended !== null || (call.signal.aborted && isNew)) maps.delete(id);
  if (ended !== null) return answer(run, deps.env.mono() - run.startedAt);
  if (call.signal.aborted && isNew) run.cancel();
  else if (isNew) void run.done.then(() => keep(id, maps, deps.env));
  return working(id, run);
}

/** Of one that has ended. */
function keep(id: string, maps: Map<string, Followed>, env: Env): void {
  const map = maps.get(id);
  if (map === undefined) return;
  // Those that ended go last, in the order in which they did.
  maps.delete(id);
  maps.set(id, map);
  env.timer(KEPT_MS, () => maps.delete(id));
  const ended = [...maps].filter(([, { run }]) => run.ended === run.size);
  for (const [oldest] of ended.slice(0, -MAX_KEPT)) maps.delete(oldest);
}

/** Throws INVALID_ARGUMENT or UNKNOWN_KIND. */
async function started(
  { engine: engineOf, env }: Deps,
  args: Arguments,
  call: CallContext,
): Promise<Followed> {
  const { kind, items } = args;
  if (args.cancel !== undefined)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      "/cancel: stops a map that is there, and none is named",
      { hint: "Give its map_id." },
    );
  if (kind === undefined || items === undefined)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `/${kind === undefined ? "kind" : "items"}: is missing; a map needs kind and items, or the map_id of one that is working`,
    );
  const engine = await engineOf();
  assertKnownKind(kind, engine, "/kind");
  const { session: inSession } = toRequest(
    { ...args, kind, input: null },
    engine,
    call.connection,
  );
  const work = {
    kind,
    items: items.map((item) => JSON.stringify(item)),
    session: inSession,
    timeoutMs: args.timeout_ms ?? null,
    chunk: args.chunk ?? null,
  };
  let followed: Followed | null = null;
  const observer = {
    log: (text: string) => followed?.call?.log("info", text),
    progress: (done: number, total: number | null) =>
      followed?.call?.progress?.(done, total ?? undefined),
  };
  const run = await MapRun.start(work, { engine, env, observer });
  void run.done.then(() => engine.chunking.save());
  followed = { run, call };
  return followed;
}

/** Throws INVALID_ARGUMENT or NOT_FOUND. */
function known(
  maps: ReadonlyMap<string, Followed>,
  id: string,
  { kind, items }: Arguments,
): Followed {
  if (kind !== undefined || items !== undefined)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      "/map_id: names a map that is there; kind and items would begin another",
      { hint: "Leave either out." },
    );
  const map = maps.get(id);
  if (map === undefined)
    throw new BalancerError(
      "NOT_FOUND",
      `/map_id: no map ${quoted(id)} waits here`,
      {
        hint: "Its values were answered, nobody asked for them for ten minutes or while twenty others ended, or its server went.",
      },
    );
  return map;
}

function working(id: string, { ended, size }: MapRun): CallToolResult {
  return {
    structuredContent: {
      status: "working",
      map_id: id,
      done: ended,
      items: size,
      poll_after_ms: POLL_AFTER_MS,
    },
    content: [
      {
        type: "text",
        text: `${id} is still working, ${ended} of ${size} items have ended; call map_task with map_id.`,
      },
    ],
  };
}

function answer(run: MapRun, makespanMs: number): CallToolResult {
  const { chunks, workMs, overheadMs } = run.totals;
  const failed = run.ends.flatMap(({ error, value }, item) =>
    error === null
      ? []
      : [{ item, error, ...(value === null ? {} : { value: read(value) }) }],
  );
  const values = run.ends.map(({ error, value }) =>
    error === null && value !== null ? read(value) : null,
  );
  const structured = {
    status: failed.length === 0 ? "completed" : "failed",
    values,
    failed,
    chunks,
    makespan_ms: round(makespanMs),
    work_ms: round(workMs),
    // Work / (work + overhead), of the chunks that ran to their end.
    efficiency: workMs > 0 ? round(workMs / (workMs + overheadMs)) : null,
  };
  const counts = `${values.length - failed.length} of ${values.length} completed in ${structured.makespan_ms} ms, ${chunks} chunks, efficiency ${structured.efficiency}`;
  return {
    ...(failed.length === values.length ? { isError: true } : {}),
    structuredContent: structured,
    content: [
      {
        type: "text",
        text: [
          counts,
          ...failed
            .slice(0, 10)
            .map(
              ({ item, error }) => `${item}: ${error.code} ${error.message}`,
            ),
          shown(run),
        ].join("\n"),
      },
    ],
  };
}

/** The values, as many as there is room for. */
function shown({ ends }: MapRun): string {
  let text = "";
  for (const { error, value } of ends) {
    text += `${text === "" ? "[" : ","}${error === null && value !== null ? value.slice(0, TEXT_CHARS) : "null"}`;
    if (text.length > TEXT_CHARS) return `${text.slice(0, TEXT_CHARS)}...`;
  }
  return `${text}]`;
}

const read = (json: string): JsonValue => JSON.parse(json) as JsonValue;
