/** The composition root: makes the parts from the settings and hands them to one another. */

import { realpathSync } from "node:fs";
import { join } from "node:path";
import { patienceMs } from "../orchestrator/learning/patience.ts";
import type { Config } from "./config.ts";
import { effectiveConfig } from "./config/effective-config.ts";
import { prepareHome } from "./config/prepare-home.ts";
import type { TaskId } from "./core/ids.ts";
import type { Env } from "./core/ports.ts";
import { Dispatcher } from "./dispatcher.ts";
import { keepWarmPorts } from "./keep-warm-ports.ts";
import type { RunningEngine } from "./lazy-engine.ts";
import { LocalEngine } from "./local-engine.ts";
import { KindRegistry, type ModuleKind } from "./pool/kind-registry.ts";
import { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import { SqliteQueue } from "./queue/sqlite-queue.ts";
import { openStderrLog } from "./stderr-log.ts";
import { closeStore, openStore } from "./store/database.ts";
import { SqliteSessions } from "./store/sqlite-sessions.ts";
import {
  kindEnvironment,
  workerEnvironment,
} from "./worker/worker-environment.ts";

export interface EngineOptions {
  readonly config: Config;
  readonly env: Env;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Throws a BalancerError if the home or the store cannot be used. */
export function startEngine(options: EngineOptions): RunningEngine {
  const { config, env, environment } = options;
  prepareHome(config);
  const store = openStore(join(config.home, "flow.db"), config.durability, env);
  const queue = new SqliteQueue(store, env);
  const kinds = new KindRegistry(
    moduleKinds(config, environment),
    config.tasks.timeoutMs,
  );
  const pool = makePool(options);
  const changes = new Set<(id: TaskId) => void>();
  const dispatcher = new Dispatcher({
    env,
    queue,
    pool,
    kinds,
    maxOpen: config.pool.maxWaiting + config.pool.maxWorkers,
    maxInputBytes: config.tasks.maxInputBytes,
    maxOutputChars: config.tasks.maxOutputBytes,
    isWatched: () => changes.size > 0,
    onChanged: ({ id }) => {
      for (const listener of changes) listener(id);
    },
  });
  pool.warm();
  const engine = new LocalEngine({
    env,
    home: config.home,
    queue,
    sessions: new SqliteSessions(store, env),
    pool,
    kinds,
    dispatcher,
    clientSession: environment["CLAUDE_CODE_SESSION_ID"] ?? null,
    patienceMs: (client) => patienceMs(client, config.patience),
    effectiveConfig: () => effectiveConfig(config),
    changes,
  });
  let closed: Promise<void> | undefined;
  const close = async (drainMs: number): Promise<void> => {
    const settled = dispatcher.close();
    await pool.close(drainMs);
    await settled;
    await closeStore(store);
  };
  return { engine, close: (drainMs) => (closed ??= close(drainMs)) };
}

function makePool({
  config,
  env,
  environment,
}: EngineOptions): MultiTierPoolManager {
  const log = openStderrLog(
    environment["FLOW_BALANCER_DEBUG"] ? "debug" : "warning",
  );
  const keepWarm = keepWarmPorts({
    idleMs: config.pool.idleMs,
    mono: () => env.mono(),
    startMs: (kind) => pool.startMs(kind),
    memoryMb: (kind) => pool.memoryMb(kind),
  });
  const pool: MultiTierPoolManager = new MultiTierPoolManager({
    ...keepWarm,
    env,
    settings: config.pool,
    worker: {
      workDir: config.projectRoot,
      roots: config.roots.flatMap(resolvedRoot),
      maxResultBytes: config.tasks.maxResultBytes,
      maxOutputBytes: config.tasks.maxOutputBytes,
      cancelGraceMs: config.pool.cancelGraceMs,
    },
    environment: workerEnvironment(environment),
    onEvent: ({ type, ...details }) =>
      log(type === "worker.start_failed" ? "warn" : "debug", type, details),
  });
  return pool;
}

/** A working directory is compared with its links resolved, so a root is too; one that is not there holds nothing. */
function resolvedRoot(root: string): string[] {
  try {
    return [realpathSync(root)];
  } catch {
    return [];
  }
}

const moduleKinds = (
  config: Config,
  environment: EngineOptions["environment"],
): ModuleKind[] =>
  config.kinds.map((kind) => ({
    name: kind.name,
    path: kind.module,
    description: kind.description,
    effects: kind.effects,
    concurrency: kind.concurrency,
    inFlight: kind.inFlight,
    timeoutMs: kind.timeoutMs,
    memoryMb: kind.memoryMb,
    capabilities: kind.capabilities,
    env: kindEnvironment(environment, kind.env),
  }));
