/** What the stdio and the HTTP server have in common: settings, the engine behind them, and when to stop. */

import { homedir } from "node:os";
import { inTrace } from "./call-trace.ts";
import { loadConfig, type Config } from "./config.ts";
import { parseFlags } from "./config/parse-flags.ts";
import { BalancerError } from "./core/errors.ts";
import { bunEnv } from "./env.ts";
import { LazyEngine } from "./lazy-engine.ts";
import type { Deps } from "./mcp/deps.ts";
import { openTracer } from "./open-tracer.ts";

/** Exit code for settings that cannot be used. */
export const USAGE = 2;

/** Null after saying on stderr what is wrong. */
export function readConfig(argv: readonly string[]): Config | null {
  try {
    const config = loadConfig({
      flags: parseFlags(argv),
      env: process.env,
      cwd: process.cwd(),
      home: homedir(),
    });
    for (const warning of config.warnings) complain(warning);
    return config;
  } catch (thrown) {
    if (!(thrown instanceof BalancerError)) throw thrown;
    complain([thrown.message, thrown.hint ?? ""].join("\n").trim());
    return null;
  }
}

export function lazyEngine(
  config: Config,
  transport: "stdio" | "http",
): LazyEngine {
  return new LazyEngine(async () => {
    // Not needed to list tools, and not cheap to load.
    const [{ startEngine }, tracer] = await Promise.all([
      import("./app.ts"),
      openTracer(process.env),
    ]);
    return startEngine({
      config,
      env: bunEnv,
      environment: process.env,
      transport,
      tracer,
    });
  });
}

export const depsOf = (lazy: LazyEngine): Deps => ({
  engine: () => lazy.engine(),
  started: lazy.started,
  env: bunEnv,
  inTrace,
});

/** `closed` (the client is gone), SIGTERM and SIGINT mean the same; a second signal ends the process at once. */
export function untilStopped(closed: Promise<void>): Promise<void> {
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

/** For what cannot reach a client. */
export const complain = (text: string): void =>
  void process.stderr.write(`flow-balancer: ${text}\n`);
