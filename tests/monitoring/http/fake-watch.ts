/** A server to watch that is not there: views as the schemas want them, with one text wherever a text may stand. */

import { BalancerError } from "../../../flow-balancer/core/errors.ts";
import type {
  HealthView,
  OverviewView,
} from "../../../monitoring/api/overview-views.ts";
import type {
  AuditEntryView,
  TierChange,
} from "../../../monitoring/api/shared-views.ts";
import type {
  TaskDetailView,
  TaskFilter,
  TaskRowView,
} from "../../../monitoring/api/task-views.ts";
import type { LiveEvent, Steering, Watch } from "../../../monitoring/watch.ts";

const QUANTILES = { n: 3, p50_ms: 1, p95_ms: 2, p99_ms: 3 };

export class FakeWatch implements Watch {
  health_: HealthView = { status: "ok", at: 1, probes: [] };
  /** What was asked for. */
  readonly filters: TaskFilter[] = [];
  readonly listeners = new Set<(event: LiveEvent) => void>();
  /** Stands in every text. */
  text = "text";

  emit(event: LiveEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }

  /** An event of a task that changed. */
  change(taskId: string): void {
    const row = { ...this.row(), task_id: taskId };
    this.emit({ type: "tasks", data: { changed: [row], more: false } });
  }

  row(): TaskRowView {
    const text = this.text;
    return {
      task_id: text,
      seq: 1,
      kind: text,
      state: "failed",
      title: text,
      session: text,
      queue: "pool",
      priority: 0,
      attempt: 1,
      submitted_at: 1,
      started_at: null,
      settled_at: null,
      tier: "hot",
      worker: text,
      holder: text,
      wait_ms: 1,
      start_ms: null,
      run_ms: null,
      error_code: text,
    };
  }

  audited(): AuditEntryView {
    const text = this.text;
    return {
      seq: 7,
      at: 1,
      action: text,
      by: text,
      target: text,
      detail: text,
      can_undo: true,
    };
  }

  overview = async (): Promise<OverviewView> => ({
    at: 1,
    instance: this.text,
    version: "1",
    home: this.text,
    read_only: false,
    health: "ok",
    tasks: {
      queued: 1,
      running: 0,
      completed: 2,
      failed: 0,
      timed_out: 0,
      cancelled: 0,
      unknown_outcome: 0,
      poisoned: 0,
    },
    queue: { depth: 1, oldest_ms: 5 },
    window_ms: 60_000,
    throughput_per_s: 1,
    failed_share: null,
    wait: QUANTILES,
    start: QUANTILES,
    run: QUANTILES,
    tier_hits: { hot: 1, warm: 1, cold: 1 },
    cold_start_share: 0.3,
    pool: {
      max_workers: 8,
      configured_workers: 8,
      busy: 1,
      idle: 1,
      starting: 0,
      waiting: 0,
      utilisation: 0.1,
      tiers: { hot: 1, warm: 1, cold: 0 },
      controls: {
        hot: { paused: false, draining: false, limit: null },
        warm: { paused: false, draining: false, limit: null },
        cold: { paused: false, draining: false, limit: null },
      },
    },
    alerts: [],
  });
  series = async (minutes: number) => ({ step_ms: minutes, points: [] });
  health = async (): Promise<HealthView> => this.health_;
  workers = async () => ({ workers: [] });
  tasks = async (filter: TaskFilter) => {
    this.filters.push(filter);
    return {
      tasks: [this.row()],
      next: null,
      total: 1,
      total_is_exact: true,
    };
  };
  task = async (id: string): Promise<TaskDetailView | null> => {
    const text = this.text;
    if (id === "missing") return null;
    return {
      task: this.row(),
      timeout_ms: 1,
      deadline_ms: null,
      max_attempts: 1,
      cancel_asked: false,
      attempts: [],
      after: [{ task_id: text, on: text, state: text, title: text }],
      dependants: [],
      input: text,
      value: text,
      error: { code: text, message: text, hint: text },
      output: text,
      output_bytes: 1,
      cut_at_bytes: 1,
      why: [text],
      decisions: [],
    };
  };
  board = async () => ({
    items: [],
    counts: { blocked: 0, ready: 0, active: 0, done: 0, failed: 0 },
    holders: [{ holder: this.text, active_weight: 1, capacity: 2, items: 1 }],
  });
  sessions = async () => ({ sessions: [] });
  instances = async () => ({ instances: [] });
  timeouts = async () => ({ kinds: [] });
  learning = async () => ({
    over_time: [],
    changes: [{ at: 1, what: this.text, summary: this.text }],
    predictions: [],
    keep_warm: [],
  });
  audit = async () => ({ entries: [this.audited()] });
  listen = (listener: (event: LiveEvent) => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

export class FakeSteering implements Steering {
  readonly done: unknown[] = [];
  readonly #watch: FakeWatch;

  constructor(watch: FakeWatch) {
    this.#watch = watch;
  }

  cancel = async (ids: readonly string[], by: string) => {
    this.done.push(["cancel", ids, by]);
    return { done: [...ids], failed: [] };
  };
  retry = async (ids: readonly string[], by: string) => {
    this.done.push(["retry", ids, by]);
    return { done: [...ids], failed: [] };
  };
  changeTier = async (change: TierChange, by: string) => {
    this.done.push(["tier", change, by]);
    return this.#watch.audited();
  };
  killWorker = async (id: string, by: string) => {
    if (id === "missing")
      throw new BalancerError("NOT_FOUND", "there is no such worker");
    this.done.push(["kill", id, by]);
    return this.#watch.audited();
  };
  undo = async (seq: number, by: string) => {
    this.done.push(["undo", seq, by]);
    return this.#watch.audited();
  };
}
