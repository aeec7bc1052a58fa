/**
 * The stdio server: one client, one connection, until stdin ends. stdout carries MCP and nothing
 * else; whatever is printed goes to stderr. With `--http [port]` the same engine is served over HTTP beside it.
 */

import "./print-to-stderr.ts";
import packageJson from "../package.json" with { type: "json" };
import type { Config } from "./config.ts";
import { bunEnv } from "./env.ts";
import {
  complain,
  depsOf,
  lazyEngine,
  readConfig,
  untilStopped,
  USAGE,
} from "./front.ts";
import { takeHttpFlag } from "./http-flag.ts";
import type { HttpFront } from "./http-front.ts";
import type { LazyEngine } from "./lazy-engine.ts";
import { ProcessInput, ProcessOutput } from "./mcp/byte-streams.ts";
import type { Catalog } from "./mcp/catalog.ts";
import { productCatalog } from "./mcp/product-catalog.ts";
import { serveOverStdio } from "./mcp/stdio-endpoint.ts";

/** What running tasks get once the client is gone, ms: clients kill a server they closed after about two seconds. */
const DRAIN_MS = 750;
/** A client lists the tools first; the engine starts behind that, or with the first task. */
const ENGINE_DELAY_MS = 150;

/** Resolves with the exit code once the client is gone and nothing of ours runs any more. */
export async function serveStdioMain(argv: readonly string[]): Promise<number> {
  process.umask(0o077);
  const http = takeHttpFlag(argv);
  const config = readConfig(http.argv);
  if (config === null) return USAGE;
  const lazy = lazyEngine(config, "stdio");
  const stdout = new ProcessOutput();
  const catalog = await productCatalog(
    depsOf(lazy),
    packageJson.version,
    config.toolsets,
  );
  const endpoint = serveOverStdio(catalog, {
    stdin: new ProcessInput(),
    stdout,
    env: bunEnv,
    onerror: (error) => complain(error.message),
  });
  bunEnv.timer(ENGINE_DELAY_MS, () => lazy.prepare());
  const front = http.isGiven ? httpBeside(config, lazy, catalog) : null;
  await untilStopped(endpoint.closed);
  await endpoint.close();
  const besides = await front;
  await besides?.quiet();
  await Promise.race([stdout.drained(), Bun.sleep(DRAIN_MS)]);
  await lazy.close(DRAIN_MS);
  await besides?.stop();
  return 0;
}

/** Loaded only where it is asked for. MCP over stdio goes on without it; why is said on stderr. */
async function httpBeside(
  ...parts: readonly [Config, LazyEngine, Catalog]
): Promise<HttpFront | null> {
  try {
    const { openHttpFront } = await import("./http-front.ts");
    return await openHttpFront(...parts);
  } catch (thrown) {
    complain(`no HTTP beside: ${String(thrown)}`);
    return null;
  }
}

// Not awaited here: modules that are compiled ahead have no top-level await.
if (import.meta.main)
  void serveStdioMain(process.argv.slice(2)).then((code) => process.exit(code));
