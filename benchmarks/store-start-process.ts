/** A server's engine on a project and its home, as `serve` starts it: says when the first task that it found in the store began to run, and goes. */

import { startEngine } from "../flow-balancer/app.ts";
import { loadConfig } from "../flow-balancer/config.ts";
import { bunEnv } from "../flow-balancer/env.ts";

export interface StartOrder {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface FirstRun {
  /** Epoch ms. */
  readonly at: number;
}

const { folder, env } = JSON.parse(process.argv[2] ?? "{}") as StartOrder;
const config = loadConfig({
  flags: {},
  env,
  cwd: folder,
  home: env["HOME"] ?? folder,
});
const { engine } = startEngine({
  config,
  env: bunEnv,
  environment: env,
  transport: "stdio",
});
const { promise, resolve } = Promise.withResolvers<number>();
engine.onTaskChanged(() => resolve(bunEnv.now()));
const hold = setInterval(() => {}, 1_000);
process.stdout.write(
  `${JSON.stringify({ at: await promise } satisfies FirstRun)}\n`,
);
clearInterval(hold);
process.exit(0);
