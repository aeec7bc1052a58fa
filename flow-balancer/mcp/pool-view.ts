/** The pool's status in the words of the wire. */

import type { EngineStatus } from "../core/engine.ts";
import type { WorkerStatus } from "../core/pool-status.ts";

export const poolStatusView = (
  { pool, tasks, home }: EngineStatus,
  kinds: readonly string[],
) => ({
  pool: {
    max_workers: pool.maxWorkers,
    busy: pool.busy,
    idle: pool.idle,
    starting: pool.starting,
    waiting: pool.waiting,
    tiers: pool.tiers,
  },
  workers: pool.workers.map(workerView),
  tasks,
  kinds,
  home,
});

export const workerView = (worker: WorkerStatus) => ({
  id: worker.id,
  pid: worker.pid,
  tier: worker.tier,
  state: worker.state,
  task: worker.task,
  session: worker.session,
  loaded: worker.loaded,
  tasks_done: worker.tasksDone,
  stray_messages: worker.strayMessages,
  heard_ms_ago: worker.heardMsAgo,
});
