/** What each worker of this server does now. */

import type {
  WorkersView,
  WorkerView,
} from "../../monitoring/api/overview-views.ts";
import type { WorkerStatus } from "../core/pool-status.ts";
import type { Watched } from "./watch-parts.ts";

export class WorkerViews {
  readonly #watched: Watched;
  /** When each was seen first, where the pool does not tell its age. */
  readonly #seen = new Map<string, number>();

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  async view(): Promise<WorkersView> {
    const { pool, env, ports } = this.#watched;
    const { workers } = pool.status();
    const now = env.mono();
    const there = new Set<string>(workers.map(({ id }) => id));
    for (const id of this.#seen.keys())
      if (!there.has(id)) this.#seen.delete(id);
    const memory = await ports.memoryOf(workers.map(({ pid }) => pid));
    return {
      workers: workers.map((worker) => {
        const since = this.#seen.get(worker.id) ?? now;
        this.#seen.set(worker.id, since);
        return viewOf(worker, now - since, memory.get(worker.pid) ?? null);
      }),
    };
  }
}

function viewOf(
  worker: WorkerStatus,
  seenMs: number,
  memoryBytes: number | null,
): WorkerView {
  const { ageMs, busyShare, taskSince, taskKind } = worker;
  return {
    id: worker.id,
    pid: worker.pid,
    tier: worker.tier,
    state: worker.state,
    health: worker.health,
    session: worker.session,
    loaded: [...worker.loaded],
    task: worker.task,
    task_kind: worker.task === null ? null : (taskKind ?? null),
    task_since: worker.task === null ? null : whole(taskSince ?? null),
    tasks_in_flight: worker.tasksInFlight,
    tasks_done: worker.tasksDone,
    utilisation: busyShare ?? null,
    memory_bytes: whole(memoryBytes),
    age_ms: Math.max(0, Math.round(ageMs ?? seenMs)),
    heard_ms_ago: Math.max(0, Math.round(worker.heardMsAgo)),
  };
}

const whole = (value: number | null): number | null =>
  value === null ? null : Math.round(value);
