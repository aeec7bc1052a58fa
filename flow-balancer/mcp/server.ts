/**
 * One catalog behind the SDK's low-level server, for one connection of one era (or one stateless request).
 * Everything of the protocol is here and in the files it puts together; nothing of what the tools do.
 */

import { Server, type ServerCapabilities } from "@modelcontextprotocol/server";
import type { Env } from "../core/ports.ts";
import { TASKS_EXTENSION } from "./call-context.ts";
import type { Catalog, Era } from "./catalog.ts";
import type { CompiledCatalog } from "./compiled-catalog.ts";
import { LogGate } from "./log-gate.ts";
import { didYouMean } from "../core/nearest-name.ts";
import { quoted } from "../core/quoted.ts";
import { PAGE_SIZE } from "./pagination.ts";
import { serveCompletions, servePrompts } from "./prompt-requests.ts";
import { methodNotFound } from "./refusal.ts";
import { announceUpdates, serveResources } from "./resource-requests.ts";
import { handle, type Serving } from "./serving.ts";
import { serveTasks } from "./tasks-extension.ts";
import { serveTools } from "./tool-calls.ts";

/** The lists are part of the program: they change with it, and a client that caches them saves a turn. */
const LIST_TTL_MS = 3_600_000;

interface ServerOptions {
  readonly era: Era;
  /** See CallContext.connection. */
  readonly connection: string | null;
  /**
   * A `request` server answers one message and is told nothing of later changes; its unknown methods stay the
   * SDK's, which turns them into HTTP 404. A `connection` server lives until its transport closes.
   */
  readonly lifetime: "connection" | "request";
  readonly env: Env;
  /** For what cannot reach the client any more. */
  readonly onerror: (error: Error) => void;
  readonly pageSize?: number;
}

export function createServer(
  compiled: CompiledCatalog,
  options: ServerOptions,
): Server {
  const { catalog } = compiled;
  const { era, lifetime, onerror } = options;
  const list = { ttlMs: LIST_TTL_MS, cacheScope: "public" } as const;
  const server = new Server(
    { name: catalog.name, title: catalog.title, version: catalog.version },
    {
      capabilities: capabilitiesOf(catalog, era),
      instructions: catalog.instructions,
      cacheHints: {
        "tools/list": list,
        "prompts/list": list,
        "resources/list": list,
        "resources/templates/list": list,
        "server/discover": list,
      },
    },
  );
  server.onerror = onerror;
  const serving: Serving = {
    compiled,
    server,
    era,
    connection: options.connection,
    env: options.env,
    logGate: new LogGate(era),
    pageSize: options.pageSize ?? PAGE_SIZE,
    onerror,
  };
  serveTools(serving);
  serveResources(serving);
  servePrompts(serving);
  serveCompletions(serving);
  serveTasks(serving);
  if (era === "legacy")
    handle(server, "logging/setLevel", ({ level }) => {
      serving.logGate.setLevel(level);
      return {};
    });
  if (lifetime === "connection") serveConnection(serving);
  return server;
}

/** What only a server that outlives one request does. */
function serveConnection(serving: Serving): void {
  const { server, era } = serving;
  if (era === "modern") server.onclose = announceUpdates(serving);
  server.fallbackRequestHandler = ({ method }) => {
    throw methodNotFound(
      `unknown method ${quoted(method)}${didYouMean(method, METHODS)}`,
    );
  };
}

const METHODS = [
  "tools/list",
  "tools/call",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "prompts/list",
  "prompts/get",
  "completion/complete",
  "tasks/get",
  "tasks/cancel",
  "ping",
];

function capabilitiesOf(catalog: Catalog, era: Era): ServerCapabilities {
  const watched = catalog.onResourceUpdated !== undefined;
  return {
    tools: {},
    resources: watched ? { subscribe: true } : {},
    prompts: {},
    completions: {},
    logging: {},
    ...(catalog.tasks === undefined
      ? {}
      : era === "modern"
        ? { extensions: { [TASKS_EXTENSION]: {} } }
        : {
            tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
          }),
  };
}
