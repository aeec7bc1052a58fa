/** HTTP before an engine: MCP, the API, live events and the dashboard on one port, for `serve` and beside stdio. */

import packageJson from "../package.json" with { type: "json" };
import { Access } from "../monitoring/http/access.ts";
import { accessToken } from "../monitoring/http/access-token.ts";
import {
  createHttpApp,
  type HttpApp,
} from "../monitoring/http/create-http-app.ts";
import type { HttpSettings } from "../monitoring/http/http-ports.ts";
import type { Config, HttpConfig } from "./config.ts";
import { LOOPBACK_NAMES } from "./config/loopback.ts";
import { prepareHome } from "./config/prepare-home.ts";
import { BalancerError } from "./core/errors.ts";
import { bunEnv } from "./env.ts";
import { complain } from "./front.ts";
import {
  ANY_ADDRESS,
  announcement,
  baseOf,
  inUrl,
} from "./http-announcement.ts";
import { withContentCodings } from "./http-compression.ts";
import { httpTools } from "./http-tools.ts";
import type { LazyEngine } from "./lazy-engine.ts";
import type { Catalog } from "./mcp/catalog.ts";
import { createHttpEndpoint } from "./mcp/http-endpoint.ts";
import { MAX_BODY_BYTES } from "./mcp/http-guard.ts";

export interface HttpFront {
  /** No new work by MCP, and no live events, from now on. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

/** Null after saying on stderr why not. Where it listens, and the link for a browser, are said there too. */
export async function openHttpFront(
  config: Config,
  lazy: LazyEngine,
  catalog: Catalog,
): Promise<HttpFront | null> {
  const { http, home } = config;
  let access: Access;
  try {
    // The engine says what is doubtful about it.
    prepareHome(config);
    access = new Access({
      token: accessToken(home),
      env: bunEnv,
      basePath: baseOf(http),
    });
  } catch (thrown) {
    if (!(thrown instanceof BalancerError)) throw thrown;
    complain([thrown.message, thrown.hint ?? ""].join("\n").trim());
    return null;
  }
  const settings = settingsOf(http);
  const endpoint = createHttpEndpoint(catalog, {
    env: bunEnv,
    onerror: (error) => complain(error.message),
    hostnames: settings.hostnames,
    origins: settings.origins,
  });
  const app = createHttpApp({
    env: bunEnv,
    version: packageJson.version,
    settings,
    access,
    watch: async () => (await lazy.watching()).watch,
    steering: async () => (await lazy.watching()).steering,
    metricsText: async () => (await lazy.watching()).metricsText(),
    tools: httpTools(catalog, bunEnv),
    mcp: (request, keepOpen) => endpoint.fetch(request, keepOpen),
    dashboard: async () => {
      const { buildDashboard } =
        await import("../monitoring/dashboard/build-dashboard.ts");
      return buildDashboard();
    },
    codings: (request, handle) =>
      withContentCodings(request, handle, MAX_BODY_BYTES),
    complain,
  });
  const server = listen(http, app);
  if (server === null) return null;
  const port = server.port ?? http.port;
  for (const line of announcement(config, port, access.newCode()))
    complain(line);
  return {
    async quiet() {
      app.close();
      await endpoint.close();
    },
    stop: () => server.stop(true),
  };
}

function settingsOf(http: HttpConfig): HttpSettings {
  const { host, hostnames, readOnly, origins, mcpToken } = http;
  const own = ANY_ADDRESS.has(host) ? [] : [inUrl(host)];
  return {
    basePath: baseOf(http),
    readOnly,
    origins,
    mcpToken,
    hostnames: [...new Set([...LOOPBACK_NAMES, ...own, ...hostnames])].map(
      (name) => name.toLowerCase(),
    ),
  };
}

/** Null after saying on stderr why not. */
function listen({ host, port }: HttpConfig, app: HttpApp) {
  try {
    return Bun.serve({
      hostname: host,
      port,
      // Its page for errors shows sources.
      development: false,
      // That alone lets Bun share the port with another of ours, and each gets some of the requests.
      reusePort: false,
      // Past it Bun itself refuses; what is shorter is refused in our words.
      maxRequestBodySize: 2 * MAX_BODY_BYTES,
      fetch: (request, server) =>
        // Bun ends a connection that is silent for 10 s; a task may be. It knows only its own request.
        app.fetch(request, {
          timeout: (seconds) => server.timeout(request, seconds),
        }),
    });
  } catch (thrown) {
    complain(
      `cannot listen on ${host}:${port}: ${thrown instanceof Error ? thrown.message : String(thrown)}\nChoose another with --port (and --host), or stop what holds this one.`,
    );
    return null;
  }
}
