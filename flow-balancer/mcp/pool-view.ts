/** The pool's status in the words of the wire. */

import type { EngineStatus } from "../core/engine.ts";
import type {
  ErrorSummary,
  WorkerHealth,
  WorkerStatus,
} from "../core/pool-status.ts";
import { round } from "./task-answer.ts";

export const poolStatusView = (
  { pool, retries, limits, instances, tasks, home }: EngineStatus,
  kinds: readonly string[],
) => ({
  pool: {
    max_workers: pool.maxWorkers,
    busy: pool.busy,
    idle: pool.idle,
    starting: pool.starting,
    waiting: pool.waiting,
    tiers: pool.tiers,
    predictions: {
      wait: errorView(pool.predictions.waitMs),
      start: errorView(pool.predictions.startMs),
      run: errorView(pool.predictions.runMs),
    },
    keep_warm: pool.keepWarm.map(({ kind, keepMs, basis, gaps }) => ({
      kind,
      keep_ms: Math.round(keepMs),
      basis,
      gaps,
    })),
  },
  retry_budgets: retries.map(({ left, ...budget }) => ({
    ...budget,
    left: round(left),
  })),
  learned_timeouts: limits.map(({ kind, limit }) => ({
    kind,
    runs: limit.n,
    soft_limit_ms: limit.softMs,
    max_limit_ms: limit.maxMs,
    basis: limit.basis,
  })),
  workers: pool.workers.map(workerView),
  instances: instances.map((instance) => ({
    id: instance.id,
    pid: instance.pid,
    transport: instance.transport,
    is_self: instance.isSelf,
    wants: instance.wants,
    share: instance.share,
    heartbeat_ms_ago: Math.round(instance.heartbeatAgeMs),
  })),
  tasks,
  kinds,
  home,
});

export const workerView = (worker: WorkerStatus) => ({
  id: worker.id,
  pid: worker.pid,
  tier: worker.tier,
  state: worker.state,
  health: worker.health,
  task: worker.task,
  tasks_in_flight: worker.tasksInFlight,
  session: worker.session,
  loaded: worker.loaded,
  tasks_done: worker.tasksDone,
  stray_messages: worker.strayMessages,
  heard_ms_ago: worker.heardMsAgo,
});

/** How far what was foretold was from what came; null where nothing was foretold yet. */
const errorView = ({ n, medianLogRatio, withinTwice }: ErrorSummary) => ({
  n,
  median_log_ratio: orNull(medianLogRatio),
  share_within_2x: orNull(withinTwice),
});

const orNull = (value: number): number | null =>
  Number.isNaN(value) ? null : round(value);

/** What a person should hear of without asking. */
const NOTABLE: ReadonlySet<WorkerHealth | null> = new Set([
  "spinning",
  "starved",
  "blocked",
  "stopped",
  "silent",
  "dead",
]);

/** The short twin: counts, and each worker that is busy in a way worth a look. */
export function poolStatusText({ pool }: EngineStatus): string {
  const { busy, idle, starting, waiting } = pool;
  const counts = `${busy} workers busy, ${idle} idle, ${starting} starting; ${waiting} tasks wait`;
  const notable = pool.workers
    .filter(({ health }) => NOTABLE.has(health))
    .map(
      ({ id, health, task }) =>
        `${id} is ${health}${task ? ` on ${task}` : ""}`,
    );
  return [counts, ...notable].join("; ");
}
