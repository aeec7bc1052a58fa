import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEngine } from "../../flow-balancer/app.ts";
import { loadConfig } from "../../flow-balancer/config.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import { bunEnv } from "../../flow-balancer/env.ts";
import { until } from "../support/until.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "flow-balancer-start-"));
  mkdirSync(join(root, "home"), { mode: 0o700 });
});
afterEach(() => rmSync(root, { recursive: true }));

/** An environment that counts its timers; one of a minute or more cannot be set: the server shares its home by then. */
function failing() {
  const live = new Set<object>();
  const timer: Env["timer"] = (ms, fire) => {
    if (ms >= 60_000) throw new Error("no timer");
    const one = {};
    live.add(one);
    const stop = bunEnv.timer(ms, () => {
      live.delete(one);
      fire();
    });
    return () => {
      live.delete(one);
      stop();
    };
  };
  return { live, env: { ...bunEnv, timer } };
}

test("a server that fails after it began to share its home leaves no beat, no lock and no store behind", async () => {
  const environment = { PATH: process.env["PATH"] };
  const config = loadConfig({
    flags: {},
    env: { ...environment, FLOW_BALANCER_HOME: join(root, "home") },
    cwd: root,
    home: root,
  });
  const { live, env } = failing();
  const start = (with_: Env) =>
    startEngine({ config, env: with_, environment, transport: "stdio" });
  expect(() => start(env)).toThrow("no timer");
  await until(
    "its lock to be gone",
    () => readdirSync(join(root, "home", "instances")).length === 0,
  );
  expect(live.size).toBe(0);
  const again = start(bunEnv);
  await until(
    "the one that is there",
    async () => (await again.engine.status()).instances.length === 1,
  );
  await again.close(0);
});
