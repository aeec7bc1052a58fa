/** The HTTP server: MCP at /mcp for any number of clients, on loopback unless told otherwise. */

import { Hono } from "hono";
import packageJson from "../package.json" with { type: "json" };
import type { HttpConfig } from "./config.ts";
import { bunEnv } from "./env.ts";
import {
  complain,
  depsOf,
  lazyEngine,
  readConfig,
  untilStopped,
  USAGE,
} from "./front.ts";
import { withContentCodings } from "./http-compression.ts";
import { createHttpEndpoint, type HttpEndpoint } from "./mcp/http-endpoint.ts";
import { MAX_BODY_BYTES } from "./mcp/http-guard.ts";
import { productCatalog } from "./mcp/product-catalog.ts";

/** What running tasks get after SIGTERM or SIGINT, ms. */
const DRAIN_MS = 10_000;

/** Resolves with the exit code once it was stopped and nothing of ours runs any more. */
export async function serveHttpMain(argv: readonly string[]): Promise<number> {
  process.umask(0o077);
  const config = readConfig(argv);
  if (config === null) return USAGE;
  const lazy = lazyEngine(config, "http");
  const endpoint = createHttpEndpoint(
    await productCatalog(depsOf(lazy), packageJson.version, config.toolsets),
    { env: bunEnv, onerror: (error) => complain(error.message) },
  );
  const server = listen(config.http, endpoint);
  if (server === null) return 1;
  complain(`MCP at http://${config.http.host}:${server.port}/mcp`);
  lazy.prepare();
  await untilStopped(new Promise(() => {}));
  await endpoint.close();
  await lazy.close(DRAIN_MS);
  await server.stop(true);
  return 0;
}

/** Null after saying on stderr why not. */
function listen({ host, port }: HttpConfig, endpoint: HttpEndpoint) {
  const app = new Hono<{ Bindings: { keepOpen: () => void } }>();
  app.get("/livez", (context) => context.text("ok"));
  app.all("/mcp", (context) =>
    endpoint.fetch(context.req.raw, context.env.keepOpen),
  );
  try {
    return Bun.serve({
      hostname: host,
      port,
      fetch: (request, server) => {
        // Bun ends a connection that is silent for 10 s; a task may be. It knows only its own request.
        const keepOpen = (): void => server.timeout(request, 0);
        return withContentCodings(
          request,
          (plain) => app.fetch(plain, { keepOpen }),
          MAX_BODY_BYTES,
        );
      },
    });
  } catch (thrown) {
    complain(
      `cannot listen on ${host}:${port}: ${thrown instanceof Error ? thrown.message : String(thrown)}\nChoose another port with --port, or stop what holds this one.`,
    );
    return null;
  }
}

if (import.meta.main) process.exit(await serveHttpMain(process.argv.slice(2)));
