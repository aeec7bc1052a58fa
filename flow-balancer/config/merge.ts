/** Settings of several sources as one: value by value, a kind as a whole. */

import {
  ALERT_RULE_NAMES,
  alertLimits,
  alertLimitsProblem,
} from "../core/alert-limits.ts";
import { expertProblems } from "./experts.ts";
import { isLoopback } from "./loopback.ts";
import {
  DEAD_AFTER_MS,
  HEARTBEAT_MS,
  MAX_TIMEOUT_MS,
  MIN_TIMEOUT_MS,
  type Settings,
} from "./settings.ts";

/** What `high` says goes before what `low` says. */
export function mergeSettings(low: Settings, high: Settings): Settings {
  return {
    ...low,
    ...high,
    log: { ...low.log, ...high.log },
    pool: { ...low.pool, ...high.pool },
    tasks: { ...low.tasks, ...high.tasks },
    patience: {
      ...low.patience,
      ...high.patience,
      clients: { ...low.patience?.clients, ...high.patience?.clients },
    },
    sessions: { ...low.sessions, ...high.sessions },
    board: { ...low.board, ...high.board },
    instances: { ...low.instances, ...high.instances },
    retention: { ...low.retention, ...high.retention },
    learning: { ...low.learning, ...high.learning },
    routing: { ...low.routing, ...high.routing },
    kinds: { ...low.kinds, ...high.kinds },
    alerts: {
      ...low.alerts,
      ...high.alerts,
      rules: { ...low.alerts?.rules, ...high.alerts?.rules },
    },
    http: { ...low.http, ...high.http },
  };
}

/** Values that are right alone and wrong together. */
export function contradictions(
  {
    pool,
    kinds,
    experts,
    instances = {},
    learning = {},
    alerts = {},
    http = {},
  }: Settings,
  origins: Readonly<Record<string, string>>,
): string[] {
  const problems: string[] = [];
  const { max_workers: max, spare_workers: spare } = pool ?? {};
  if (max !== undefined && spare !== undefined && spare > max)
    problems.push(
      `${origins["pool.spare_workers"]}: key 'pool.spare_workers' must be at most pool.max_workers (${max} by ${origins["pool.max_workers"]}), got ${spare}`,
    );
  const { heartbeat_ms: beat, dead_after_ms: dead } = instances;
  const beatMs = beat ?? HEARTBEAT_MS;
  if ((dead ?? DEAD_AFTER_MS) < 2 * beatMs) {
    const key = `instances.${dead === undefined ? "heartbeat_ms" : "dead_after_ms"}`;
    problems.push(
      `${origins[key]}: key 'instances.dead_after_ms' (${dead ?? DEAD_AFTER_MS}) must be at least twice instances.heartbeat_ms (${beatMs}): one heartbeat that comes late is no death`,
    );
  }
  const { min_timeout_ms: least, max_timeout_ms: most } = learning;
  if ((least ?? MIN_TIMEOUT_MS) > (most ?? MAX_TIMEOUT_MS)) {
    const key = `learning.${most === undefined ? "min_timeout_ms" : "max_timeout_ms"}`;
    problems.push(
      `${origins[key]}: key 'learning.max_timeout_ms' (${most ?? MAX_TIMEOUT_MS}) must be at least learning.min_timeout_ms (${least ?? MIN_TIMEOUT_MS})`,
    );
  }
  if (learning.hedge === "on" && learning.deadlines === "fixed")
    problems.push(
      `${origins["learning.hedge"]}: key 'learning.hedge' must be "off" where learning.deadlines = "fixed": when a run takes long is not learned then`,
    );
  if (http.mcp_token === "off" && !isLoopback(http.host ?? "localhost"))
    problems.push(
      `${origins["http.mcp_token"]}: key 'http.mcp_token' must be "required" where http.host (${http.host}) is reached from other machines: whoever calls runs commands here`,
    );
  for (const [name, { effects, in_flight: inFlight = 1 }] of Object.entries(
    kinds ?? {},
  )) {
    if (effects !== "once" || inFlight === 1) continue;
    const key = `kinds.${name}.in_flight`;
    problems.push(
      `${origins[key]}: key '${key}' must be 1 where effects = "once": one that dies takes the others on its worker with it, and they could not be run again; got ${inFlight}`,
    );
  }
  return [
    ...problems,
    ...alertProblems(alerts, origins),
    ...expertProblems({ experts, kinds }, origins),
  ];
}

function alertProblems(
  { rules = {} }: NonNullable<Settings["alerts"]>,
  origins: Readonly<Record<string, string>>,
): string[] {
  return ALERT_RULE_NAMES.flatMap((name) => {
    const rule = rules[name];
    if (rule === undefined) return [];
    const { threshold = null, clear = null, hold_ms: holdMs = null } = rule;
    const what = alertLimitsProblem(
      alertLimits(name, { threshold, clear, holdMs }),
    );
    const key = `alerts.rules.${name}.${clear === null ? "threshold" : "clear"}`;
    return what === null ? [] : [`${origins[key]}: key '${key}' ${what}`];
  });
}
