/** One catalog served over a pair of streams to one client, of whichever era it opens with. */

import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Env } from "../core/ports.ts";
import type { ByteSink, ByteSource } from "./byte-streams.ts";
import type { Catalog } from "./catalog.ts";
import { compileCatalog } from "./compiled-catalog.ts";
import { createServer } from "./server.ts";
import { StdioTransport } from "./stdio-transport.ts";

export interface StdioOptions {
  readonly stdin: ByteSource;
  readonly stdout: ByteSink;
  readonly env: Env;
  /** For what cannot reach the client; must not write to `stdout`. */
  readonly onerror: (error: Error) => void;
}

export interface StdioEndpoint {
  /** Resolves once the client is gone, also if it never said anything. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

export function serveOverStdio(
  catalog: Catalog,
  { stdin, stdout, env, onerror }: StdioOptions,
): StdioEndpoint {
  const compiled = compileCatalog(catalog);
  const connection = `stdio_${env.unique()}`;
  const transport = new StdioTransport(stdin, stdout);
  const { close } = serveStdio(
    ({ era }) =>
      createServer(compiled, {
        era,
        connection,
        lifetime: "connection",
        env,
        onerror,
      }),
    { transport, onerror },
  );
  return { closed: transport.closed, close };
}
