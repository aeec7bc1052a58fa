/** What holds where nobody said anything, and the settings in the form the program reads. */

import { basename, join } from "node:path";
import type { AlertsConfig } from "../core/alert-limits.ts";
import { expertConfig } from "./experts.ts";
import type { Config, KindConfig } from "./shape.ts";
import {
  DEAD_AFTER_MS,
  HEARTBEAT_MS,
  MAX_TIMEOUT_MS,
  MIN_TIMEOUT_MS,
  type Settings,
} from "./settings.ts";

export interface Surroundings {
  readonly projectRoot: string;
  /** Where programs keep their state, by the XDG rules. */
  readonly stateFolder: string;
  readonly cpus: number;
}

/** A tool call that ends by itself before the client gives up is worth more than a late one. */
const CLIENT_PATIENCE_MS = { "claude-code": 110_000, codex: 280_000 };

export function withDefaults(
  settings: Settings,
  { projectRoot, stateFolder, cpus }: Surroundings,
): Omit<Config, "origins" | "warnings"> {
  const { pool = {}, tasks = {}, patience = {}, http = {} } = settings;
  // Agents wait for I/O more than they compute: twice the processors, within reason.
  const maxWorkers = pool.max_workers ?? Math.min(32, Math.max(8, 2 * cpus));
  return {
    projectRoot,
    home:
      settings.home ??
      join(stateFolder, "flow-balancer", homeName(projectRoot)),
    roots: settings.roots ?? [projectRoot],
    toolsets: settings.toolsets ?? ["pool", "board"],
    durability: settings.durability ?? "normal",
    log: {
      level: settings.log?.level ?? "warning",
      file: settings.log?.file ?? null,
    },
    pool: {
      maxWorkers,
      spareWorkers: pool.spare_workers ?? Math.min(2, maxWorkers),
      maxWaiting: pool.max_waiting ?? 10_000,
      idleMs: pool.idle_ms ?? 60_000,
      startTimeoutMs: pool.start_timeout_ms ?? 10_000,
      cancelGraceMs: pool.cancel_grace_ms ?? 2_000,
      maxTasksPerWorker: pool.max_tasks_per_worker ?? 10_000,
      maxAgeMs: pool.max_age_ms ?? 86_400_000,
      ...(pool.memory_mb !== undefined && { memoryMb: pool.memory_mb }),
    },
    tasks: {
      timeoutMs: tasks.timeout_ms ?? 300_000,
      maxOutputBytes: tasks.max_output_bytes ?? 1_048_576,
      maxInputBytes: tasks.max_input_bytes ?? 10_485_760,
      maxResultBytes: tasks.max_result_bytes ?? 10_485_760,
    },
    sessions: { keepDays: settings.sessions?.keep_days ?? 30 },
    ...homeConfig(settings),
    ...learningConfig(settings),
    patience: {
      // The shortest limit of a known client is 60 s.
      unknownMs: patience.unknown_ms ?? 50_000,
      clients: { ...CLIENT_PATIENCE_MS, ...patience.clients },
    },
    kinds: Object.entries(settings.kinds ?? {}).map(kindConfig),
    experts: (settings.experts ?? []).map(expertConfig),
    alerts: alertsConfig(settings),
    http: {
      host: http.host ?? "127.0.0.1",
      port: http.port ?? 7331,
      basePath: http.base_path ?? "/",
      readOnly: http.read_only ?? false,
      mcpToken: http.mcp_token ?? "required",
      hostnames: http.hostnames ?? [],
      origins: http.origins ?? [],
    },
  };
}

const homeConfig = ({
  board = {},
  instances = {},
  retention = {},
}: Settings): Pick<Config, "board" | "instances" | "retention"> => ({
  board: {
    capacity: board.capacity ?? 30,
    leaseMs: board.lease_ms ?? 600_000,
  },
  instances: {
    heartbeatMs: instances.heartbeat_ms ?? HEARTBEAT_MS,
    deadAfterMs: instances.dead_after_ms ?? DEAD_AFTER_MS,
  },
  retention: {
    keepDays: retention.keep_days ?? 30,
    keepTasks: retention.keep_tasks ?? 200_000,
    archiveMonths: retention.archive_months ?? 12,
  },
});

const learningConfig = ({
  learning = {},
  routing = {},
}: Settings): Pick<Config, "learning" | "routing"> => ({
  learning: {
    deadlines: learning.deadlines ?? "learned",
    missesPerThousand: learning.misses_per_thousand ?? 10,
    minTimeoutMs: learning.min_timeout_ms ?? MIN_TIMEOUT_MS,
    maxTimeoutMs: learning.max_timeout_ms ?? MAX_TIMEOUT_MS,
    hedge: learning.hedge ?? "off",
  },
  routing: {
    successWorth: routing.success_worth ?? null,
    secondCost: routing.second_cost ?? 0,
  },
});

const alertsConfig = ({ alerts = {} }: Settings): AlertsConfig => ({
  enabled: alerts.enabled ?? "on",
  command: alerts.command ?? [],
  webhook: alerts.webhook ?? null,
  rules: Object.fromEntries(
    Object.entries(alerts.rules ?? {}).map(([name, rule]) => [
      name,
      {
        threshold: rule.threshold ?? null,
        clear: rule.clear ?? null,
        holdMs: rule.hold_ms ?? null,
      },
    ]),
  ),
});

function kindConfig([name, kind]: [
  string,
  NonNullable<Settings["kinds"]>[string],
]): KindConfig {
  return {
    name,
    module: kind.module,
    description: kind.description ?? null,
    effects: kind.effects ?? "idempotent",
    concurrency: kind.concurrency ?? null,
    inFlight: kind.in_flight ?? 1,
    timeoutMs: kind.timeout_ms ?? null,
    env: kind.env ?? [],
    memoryMb: kind.memory_mb ?? null,
    capabilities: kind.capabilities ?? [],
  };
}

/** Enough hex digits that two projects of one user never meet. */
const HASH_CHARS = 12;

function homeName(projectRoot: string): string {
  const name = basename(projectRoot).replace(/[^\w.-]+/g, "-") || "root";
  const hash = new Bun.CryptoHasher("sha256").update(projectRoot).digest("hex");
  return `${name.slice(0, 40)}-${hash.slice(0, HASH_CHARS)}`;
}
