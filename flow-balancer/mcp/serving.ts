/** What one served connection or request knows of itself, and the door through which handlers are put on the SDK's server. */

import type { Server, ServerContext } from "@modelcontextprotocol/server";
import type { Env } from "../core/ports.ts";
import type { Era } from "./catalog.ts";
import type { CompiledCatalog } from "./compiled-catalog.ts";
import type { LogGate } from "./log-gate.ts";

export interface Serving {
  readonly compiled: CompiledCatalog;
  readonly server: Server;
  readonly era: Era;
  /** See CallContext.connection. */
  readonly connection: string | null;
  readonly env: Env;
  readonly logGate: LogGate;
  readonly pageSize: number;
  /** For what cannot reach the client any more. */
  readonly onerror: (error: Error) => void;
}

export type Params = Readonly<Record<string, unknown>>;

/** The SDK has checked the shape by then, or we check better: params reach the handler as they came. */
const asItCame = {
  params: {
    "~standard": {
      version: 1,
      vendor: "flow-balancer",
      validate: (value: unknown) => ({ value: value as Params }),
    },
  },
} as const;

export function handle(
  server: Server,
  method: string,
  handler: (params: Params, context: ServerContext) => object | Promise<object>,
): void {
  server.setRequestHandler(method, asItCame, handler as never);
}
