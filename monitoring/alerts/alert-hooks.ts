/** The hooks that are set, by the names under which the log tells of them. */

import type { AlertsConfig } from "../../flow-balancer/core/alert-limits.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import type { AlertHook } from "./alert-notice.ts";
import { commandHook } from "./command-hook.ts";
import { webhook } from "./webhook.ts";

export interface AlertHookParts {
  readonly settings: Pick<AlertsConfig, "command" | "webhook">;
  readonly env: Pick<Env, "timer">;
  /** All that the command sees of the server's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where the command runs. */
  readonly cwd: string;
}

export function alertHooks({
  settings,
  env,
  environment,
  cwd,
}: AlertHookParts): Readonly<Record<string, AlertHook>> {
  const { command: argv, webhook: url } = settings;
  return {
    ...(argv.length > 0 && {
      command: commandHook({ argv, environment, cwd }),
    }),
    ...(url !== null && { webhook: webhook({ url, env }) }),
  };
}
