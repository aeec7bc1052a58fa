/** The composition root: makes the parts from the settings and hands them to one another. */

import { realpathSync } from "node:fs";
import { join } from "node:path";
import { patienceMs } from "../orchestrator/learning/patience.ts";
import { suggestWork } from "../orchestrator/routing/suggest-work.ts";
import type { BoardParts } from "./board/board-context.ts";
import { SqliteBoard } from "./board/sqlite-board.ts";
import {
  clientSessionOf,
  connectionPrefix,
  IMPLICIT,
} from "./client-session.ts";
import type { Config } from "./config.ts";
import { effectiveConfig } from "./config/effective-config.ts";
import { prepareHome } from "./config/prepare-home.ts";
import { instanceId, type SessionId, type TaskId } from "./core/ids.ts";
import type { Env } from "./core/ports.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { checkByTask } from "./evidence-task.ts";
import { HomeSharing } from "./home-sharing.ts";
import { HomeUpkeep } from "./home-upkeep.ts";
import { keepWarmPorts } from "./keep-warm-ports.ts";
import type { RunningEngine } from "./lazy-engine.ts";
import { learners, runPorts } from "./learning-ports.ts";
import { LocalEngine } from "./local-engine.ts";
import { KindRegistry, type ModuleKind } from "./pool/kind-registry.ts";
import { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import { ClaimFolders } from "./queue/claim-folders.ts";
import { SqliteQueue } from "./queue/sqlite-queue.ts";
import { RetryBudgets } from "./retry-budgets.ts";
import { runningEngine, type Base, type Parts } from "./running-engine.ts";
import { SessionKeeping } from "./session-keeping.ts";
import { openLog, type Log } from "./server-log.ts";
import { openStore } from "./store/database.ts";
import type { PoolEvent } from "./pool/worker-pool.ts";
import { poolEvents } from "./watching/metrics-sources.ts";
import { ServerWatching } from "./watching/server-watching.ts";
import { TracedDispatcher } from "./traced-dispatcher.ts";
import type { TaskTracer } from "../monitoring/tracing/task-tracer.ts";
import {
  kindEnvironment,
  workerEnvironment,
} from "./worker/worker-environment.ts";

export interface EngineOptions {
  readonly config: Config;
  readonly env: Env;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly transport: "stdio" | "http";
  /** Null or left out: no task is a span. */
  readonly tracer?: TaskTracer | null;
}

/** Throws a BalancerError if the home or the store cannot be used. */
export function startEngine(options: EngineOptions): RunningEngine {
  const base = openBase(options);
  let running: RunningEngine | undefined;
  try {
    const parts = assemble(options, base);
    running = runningEngine(parts);
    const { deadlines, routing, sharing, keeping, upkeep, watching } = parts;
    for (const part of [deadlines, routing, sharing, keeping, upkeep, watching])
      part?.start();
    parts.pool.warm();
    return running;
  } catch (thrown) {
    // The next use tries again, and opens it again.
    void abandon(base, running);
    throw thrown;
  }
}

/** What had begun is ended before the store is closed under it. Never throws. */
async function abandon(
  { store, log }: Base,
  running: RunningEngine | undefined,
): Promise<void> {
  try {
    await running?.close(0);
  } catch (thrown) {
    log("warn", "start.undo_failed", { error: String(thrown) });
  } finally {
    store.raw.close();
  }
}

type Assembled = Parts & { readonly watching: ServerWatching };

function assemble(options: EngineOptions, base: Base): Assembled {
  const { config, env, environment, transport, tracer = null } = options;
  const kinds = kindsOf(config, environment);
  const watching = new ServerWatching({ ...base, kinds });
  const { events } = watching;
  const id = instanceId(env.unique());
  const clientSession = clientSessionOf(environment);
  const keeping = makeKeeping(base, config, clientSession, (session) =>
    pool.forgetSession(session),
  );
  const pool = makePool(options, base.log, keeping, poolEvents(events));
  const learned = learners(config, base);
  const changes = new Set<(id: TaskId) => void>();
  const retries = new RetryBudgets(env, base.log);
  const common = { ...base, id, config, kinds, pool, events };
  const dispatcher = new TracedDispatcher(
    {
      ...common,
      ...dispatcherLimits(config),
      holder: id,
      ...tellingOf(changes),
      ...runPorts(config, base, pool, learned),
      retries,
      refusal: () => upkeep.refusal(),
      states: keeping,
      onReleased: () => sharing.nudge(),
      onRoom: () => sharing.roomAgain(),
    },
    tracer,
  );
  const sharing = new HomeSharing({
    ...common,
    dispatcher,
    transport,
    onDead: (dead) => board.leave(connectionPrefix(dead)),
  });
  const board = makeBoard(base, dispatcher, config, {
    refusal: () => upkeep.refusal(),
    onReleased: () => sharing.nudge(),
  });
  const { retention } = config;
  const upkeep = new HomeUpkeep({ ...base, board, retention });
  const engine = new LocalEngine({
    ...common,
    ...sayingOf(config),
    sessions: keeping.sessions,
    dispatcher,
    retries,
    board,
    clientSession,
    changes,
    instances: () => sharing.instances(),
    ...learned,
  });
  const own = { id, engine, pool, sharing, upkeep, ...learned };
  watching.attach({ ...common, ...own, environment, changes });
  return { ...own, base, dispatcher, board, keeping, tracer, watching };
}

const makeKeeping = (
  base: Base,
  { sessions }: Config,
  clientSession: string | null,
  forget: (session: SessionId) => void,
): SessionKeeping =>
  new SessionKeeping({
    ...base,
    keepDays: sessions.keepDays,
    outlives: (session) =>
      clientSession !== null && session === `${IMPLICIT}${clientSession}`,
    forget,
  });

function openBase({ config, env, environment }: EngineOptions): Base {
  const { home, durability } = config;
  const isDebugged = Boolean(environment["FLOW_BALANCER_DEBUG"]);
  const level = isDebugged ? "debug" : config.log.level;
  const log = openLog({ level, file: config.log.file });
  for (const warning of prepareHome(config))
    log("warn", "home.doubtful", { warning });
  const store = openStore(join(home, "flow.db"), durability, env);
  return { env, home, log, store, queue: new SqliteQueue(store, env) };
}

const tellingOf = (listeners: ReadonlySet<(id: TaskId) => void>) => ({
  isWatched: () => listeners.size > 0,
  onChanged: (ids: readonly TaskId[]) => {
    for (const id of ids) for (const listener of listeners) listener(id);
  },
});

const sayingOf = (config: Config) => ({
  patienceMs: (client: string | null) => patienceMs(client, config.patience),
  effectiveConfig: () => effectiveConfig(config),
  experts: config.experts,
});

const dispatcherLimits = ({ pool, tasks }: Config) => ({
  maxOpen: pool.maxWaiting + pool.maxWorkers,
  maxInputBytes: tasks.maxInputBytes,
  maxOutputChars: tasks.maxOutputBytes,
});

function makeBoard(
  base: Base,
  dispatcher: Dispatcher,
  { projectRoot, board }: Config,
  ports: Pick<BoardParts, "refusal" | "onReleased">,
): SqliteBoard {
  const folders = new ClaimFolders(base.home, () => base.env.unique());
  return new SqliteBoard({
    ...base,
    ...ports,
    suggest: suggestWork,
    checkCommand: (argv, cwd) => checkByTask(dispatcher, argv, cwd),
    root: projectRoot,
    capacity: board.capacity,
    leaseMs: board.leaseMs,
    withdraw: (id, fence) => folders.withdraw({ id, fence }),
  });
}

function makePool(
  { config, env, environment }: EngineOptions,
  log: Log,
  { states }: SessionKeeping,
  watch: (event: PoolEvent) => void,
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
    onEvent: (event) => {
      const { type, ...details } = event;
      log(type === "worker.start_failed" ? "warn" : "debug", type, details);
      watch(event);
    },
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

const kindsOf = (
  config: Config,
  environment: EngineOptions["environment"],
): KindRegistry =>
  new KindRegistry(moduleKinds(config, environment), config.tasks.timeoutMs);

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
