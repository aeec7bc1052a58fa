/** The composition root: makes the parts from the settings and hands them to one another. */

import { realpathSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { patienceMs } from "../orchestrator/learning/patience.ts";
import { suggestWork } from "../orchestrator/routing/suggest-work.ts";
import { SqliteBoard } from "./board/sqlite-board.ts";
import type { Config } from "./config.ts";
import { effectiveConfig } from "./config/effective-config.ts";
import { prepareHome } from "./config/prepare-home.ts";
import { instanceId, type TaskId } from "./core/ids.ts";
import type { Env } from "./core/ports.ts";
import { Dispatcher } from "./dispatcher.ts";
import { checkByTask } from "./evidence-task.ts";
import { HomeSharing } from "./home-sharing.ts";
import { keepWarmPorts } from "./keep-warm-ports.ts";
import type { RunningEngine } from "./lazy-engine.ts";
import { IMPLICIT, LocalEngine } from "./local-engine.ts";
import { KindRegistry, type ModuleKind } from "./pool/kind-registry.ts";
import { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import { SqliteQueue } from "./queue/sqlite-queue.ts";
import { SessionKeeping } from "./session-keeping.ts";
import { openStderrLog, type Log } from "./stderr-log.ts";
import { closeStore, openStore } from "./store/database.ts";
import {
  kindEnvironment,
  workerEnvironment,
} from "./worker/worker-environment.ts";

export interface EngineOptions {
  readonly config: Config;
  readonly env: Env;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly transport: "stdio" | "http";
}

/** Throws a BalancerError if the home or the store cannot be used. */
export function startEngine(options: EngineOptions): RunningEngine {
  const { config, env, environment, transport } = options;
  prepareHome(config);
  const store = openStore(join(config.home, "flow.db"), config.durability, env);
  const log = openStderrLog(
    environment["FLOW_BALANCER_DEBUG"] ? "debug" : "warning",
  );
  const queue = new SqliteQueue(store, env);
  const kinds = new KindRegistry(
    moduleKinds(config, environment),
    config.tasks.timeoutMs,
  );
  const clientSession = environment["CLAUDE_CODE_SESSION_ID"] ?? null;
  const keeping = new SessionKeeping({
    store,
    env,
    log,
    home: config.home,
    keepDays: config.sessions.keepDays,
    outlives: (session) =>
      clientSession !== null && session === `${IMPLICIT}${clientSession}`,
    forget: (session) => pool.forgetSession(session),
  });
  const pool = makePool(options, log, keeping);
  const changes = new Set<(id: TaskId) => void>();
  const id = instanceId(env.unique());
  const dispatcher = new Dispatcher({
    env,
    queue,
    pool,
    kinds,
    holder: id,
    maxOpen: config.pool.maxWaiting + config.pool.maxWorkers,
    maxInputBytes: config.tasks.maxInputBytes,
    maxOutputChars: config.tasks.maxOutputBytes,
    isWatched: () => changes.size > 0,
    onChanged: ({ id: changed }) => {
      for (const listener of changes) listener(changed);
    },
    states: keeping,
    onReleased: () => sharing.nudge(),
    onRoom: () => sharing.roomAgain(),
  });
  const sharing = new HomeSharing({
    id,
    env,
    store,
    queue,
    pool,
    kinds,
    dispatcher,
    log,
    transport,
    home: config.home,
    rhythm: config.instances,
    maxWorkers: config.pool.maxWorkers,
    projectRoot: config.projectRoot,
    version: packageJson.version,
  });
  const board = new SqliteBoard({
    store,
    queue,
    env,
    suggest: suggestWork,
    checkCommand: (argv, cwd) => checkByTask(dispatcher, argv, cwd),
    home: config.home,
    root: config.projectRoot,
    leaseMs: config.board.leaseMs,
    withdraw: null,
  });
  sharing.start();
  keeping.start();
  pool.warm();
  const engine = new LocalEngine({
    env,
    home: config.home,
    queue,
    sessions: keeping.sessions,
    pool,
    kinds,
    dispatcher,
    board,
    clientSession,
    patienceMs: (client) => patienceMs(client, config.patience),
    effectiveConfig: () => effectiveConfig(config),
    changes,
  });
  let closed: Promise<void> | undefined;
  const close = async (drainMs: number): Promise<void> => {
    const settled = dispatcher.close();
    await sharing.quiet();
    await pool.close(drainMs);
    await settled;
    keeping.stop();
    flush(board, log);
    await sharing.leave();
    await closeStore(store);
  };
  return { engine, close: (drainMs) => (closed ??= close(drainMs)) };
}

/** The file is for readers only; what it shows is in the store. */
function flush(board: SqliteBoard, log: Log): void {
  try {
    board.flush();
  } catch (thrown) {
    log("warn", "board.file_failed", { error: String(thrown) });
  }
}

function makePool(
  { config, env, environment }: EngineOptions,
  log: Log,
  { states }: SessionKeeping,
): MultiTierPoolManager {
  const keepWarm = keepWarmPorts({
    idleMs: config.pool.idleMs,
    mono: () => env.mono(),
    startMs: (kind) => pool.startMs(kind),
    memoryMb: (kind) => pool.memoryMb(kind),
  });
  const pool: MultiTierPoolManager = new MultiTierPoolManager({
    ...keepWarm,
    env,
    sessionState: (session) => states.current(session),
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
