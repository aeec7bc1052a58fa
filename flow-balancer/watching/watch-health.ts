/** Health and alerts of a running server, from its settings and its parts. */

import { AlertDesk } from "../../monitoring/alerts/alert-desk.ts";
import { alertHooks } from "../../monitoring/alerts/alert-hooks.ts";
import type { Config } from "../config.ts";
import type { InstanceId } from "../core/ids.ts";
import { probeWorker } from "../probe-worker.ts";
import type { Log } from "../server-log.ts";
import { workerEnvironment } from "../worker/worker-environment.ts";
import { AlertFactsReader } from "./alert-facts.ts";
import { HealthDesk, type HealthParts } from "./health-desk.ts";

export interface WatchHealthParts extends Pick<
  HealthParts,
  "env" | "home" | "store" | "pool" | "sharing" | "upkeep"
> {
  readonly log: Log;
  readonly config: Config;
  readonly id: InstanceId;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Neither does anything before it is asked (`look`) or started; both have a `stop`. */
export function watchHealth(parts: WatchHealthParts): {
  readonly health: HealthDesk;
  readonly alerts: AlertDesk;
} {
  const { config, env, home, id, log, environment } = parts;
  const facts = { ...parts, rhythm: config.instances };
  const reader = new AlertFactsReader(facts);
  const health = new HealthDesk({
    ...facts,
    probeStart: () => probeWorker(config),
  });
  const alerts = new AlertDesk({
    env,
    log,
    settings: config.alerts,
    origin: { instance: id, home },
    facts: () => reader.read(),
    isLeader: () => reader.leads(),
    hooks: alertHooks({
      settings: config.alerts,
      env,
      environment: workerEnvironment(environment),
      cwd: config.projectRoot,
    }),
  });
  return { health, alerts };
}
