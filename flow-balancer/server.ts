/**
 * The stdio server: one client, one connection, until stdin ends. stdout carries MCP and nothing
 * else; whatever is printed goes to stderr.
 */

import "./print-to-stderr.ts";
import { homedir } from "node:os";
import packageJson from "../package.json" with { type: "json" };
import { loadConfig, type Config } from "./config.ts";
import { parseFlags } from "./config/parse-flags.ts";
import { BalancerError } from "./core/errors.ts";
import { bunEnv } from "./env.ts";
import { LazyEngine } from "./lazy-engine.ts";
import { productCatalog } from "./mcp/product-catalog.ts";
import { serveOverStdio } from "./mcp/stdio-endpoint.ts";

/** What running tasks get once the client is gone, ms: clients kill a server they closed after about two seconds. */
const DRAIN_MS = 1_000;
/** A client lists the tools first; the engine starts behind that, or with the first task. */
const ENGINE_DELAY_MS = 150;

/** Resolves with the exit code once the client is gone and nothing of ours runs any more. */
export async function serveStdioMain(argv: readonly string[]): Promise<number> {
  process.umask(0o077);
  const config = readConfig(argv);
  if (config === null) return 2;
  const lazy = new LazyEngine(async () => {
    // Not needed to list tools, and not cheap to load.
    const { startEngine } = await import("./app.ts");
    return startEngine({ config, env: bunEnv, environment: process.env });
  });
  const endpoint = serveOverStdio(
    productCatalog(
      { engine: () => lazy.engine(), started: lazy.started, env: bunEnv },
      packageJson.version,
    ),
    {
      stdin: process.stdin,
      stdout: process.stdout,
      env: bunEnv,
      onerror: (error) => console.error(`flow-balancer: ${error.message}`),
    },
  );
  bunEnv.timer(ENGINE_DELAY_MS, () => lazy.prepare());
  await untilStopped(endpoint.closed);
  await endpoint.close();
  await lazy.close(DRAIN_MS);
  return 0;
}

function readConfig(argv: readonly string[]): Config | null {
  try {
    const config = loadConfig({
      flags: parseFlags(argv),
      env: process.env,
      cwd: process.cwd(),
      home: homedir(),
    });
    for (const warning of config.warnings)
      console.error(`flow-balancer: ${warning}`);
    return config;
  } catch (thrown) {
    if (!(thrown instanceof BalancerError)) throw thrown;
    console.error(`flow-balancer: ${thrown.message}\n${thrown.hint ?? ""}`);
    return null;
  }
}

/** stdin's end, SIGTERM and SIGINT mean the same; a second signal ends the process at once. */
function untilStopped(closed: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  void closed.then(resolve);
  let signals = 0;
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      if (++signals > 1) process.exit(1);
      resolve();
    });
  return promise;
}

if (import.meta.main) process.exit(await serveStdioMain(process.argv.slice(2)));
