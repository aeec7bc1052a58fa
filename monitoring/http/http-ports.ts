/** What the HTTP surface is built on: ports to the server behind it, and the settings that say what it may serve. */

import type { Env } from "../../flow-balancer/core/ports.ts";
import type { Steering, Watch } from "../watch.ts";
import type { Access, Visitor } from "./access.ts";

export interface HttpPorts {
  readonly env: Env;
  readonly version: string;
  readonly settings: HttpSettings;
  readonly access: Access;
  /** May start the server behind; throws what starting it threw. */
  watch(): Promise<Watch>;
  steering(): Promise<Steering>;
  metricsText(): Promise<{
    readonly contentType: string;
    readonly text: string;
  }>;
  readonly tools?: readonly HttpTool[];
  /** The MCP endpoint. `keepOpen` is called once for a request that may take long. */
  mcp(request: Request, keepOpen: () => void): Response | Promise<Response>;
  dashboard(): Promise<DashboardFiles>;
  /** Content codings around what is served, but for requests that were refused: those are not worth unpacking. */
  codings?(
    request: Request,
    handle: (plain: Request) => Response | Promise<Response>,
  ): Promise<Response>;
  /** For what cannot reach a client. */
  complain(text: string): void;
}

export interface HttpSettings {
  /** "" or a path as "/flow", with no slash at its end. */
  readonly basePath: string;
  readonly readOnly: boolean;
  /** Names a Host header may have, without port, lower case. */
  readonly hostnames: readonly string[];
  /** Origins whose pages may call besides our own, with a token of theirs. */
  readonly origins: readonly string[];
  readonly mcpToken: "required" | "off";
}

/** An MCP tool as the HTTP API has it. */
export interface HttpTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly isReadOnly: boolean;
  /** JSON Schemas of 2020-12, of the same schemas that MCP's are made of. */
  readonly inputSchema: object;
  readonly outputSchema?: object;
  /** Checks the arguments and calls; a request that is given up gives up the call. Throws a BalancerError. */
  call(args: unknown, request: Request): Promise<object>;
}

export interface DashboardFiles {
  /** With `__BASE__` where the base path goes. */
  readonly html: string;
  readonly js: string;
  readonly css: string;
}

/** The connection a request came by. */
export interface HttpConnection {
  /** Ends it after so many seconds, whatever moves on it; 0: never. Under Bun.serve, `server.timeout(request, seconds)`. */
  timeout(seconds: number): void;
}

/** What a route knows of its request. */
export interface HttpEnv {
  readonly Bindings: {
    readonly connection: HttpConnection;
    /** Null where nobody need say who they are. */
    readonly visitor: Visitor | null;
  };
}
