/** The API's words for the whole at one moment: overview, charts, health, alerts, workers, instances. Times are epoch ms, lengths ms. */

import { z } from "zod";
import { TIERS } from "../../flow-balancer/core/tier.ts";
import { TASK_STATES } from "../../flow-balancer/core/task.ts";

export const tierView = z.enum(TIERS);
export const taskStateView = z.enum(TASK_STATES);

/** Of the tasks that ended in the window; null: none did. */
const quantilesView = z.object({
  n: z.int(),
  p50_ms: z.number().nullable(),
  p95_ms: z.number().nullable(),
  p99_ms: z.number().nullable(),
});

export const alertView = z.object({
  rule: z.string(),
  severity: z.enum(["warning", "critical"]),
  /** `pending`: the condition holds, not for long enough yet. */
  state: z.enum(["pending", "firing", "cleared"]),
  /** What is wrong, with the figures, and what to do. */
  summary: z.string(),
  value: z.number().nullable(),
  threshold: z.number(),
  since: z.int(),
});

export const probeView = z.object({
  name: z.string(),
  status: z.enum(["ok", "degraded", "failing"]),
  /** Why; with the figures and the limit. */
  detail: z.string(),
  figures: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
});

export const healthView = z.object({
  status: z.enum(["ok", "degraded", "failing"]),
  at: z.int(),
  probes: z.array(probeView),
});

/** What a person did to a tier of this server's pool. */
export const tierControlView = z.object({
  paused: z.boolean(),
  draining: z.boolean(),
  /** At most so many workers; null: no limit of its own. */
  limit: z.int().nullable(),
});

export const overviewView = z.object({
  at: z.int(),
  instance: z.string(),
  version: z.string(),
  home: z.string(),
  read_only: z.boolean(),
  health: healthView.shape.status,
  /** Stored tasks of all servers of the home. */
  tasks: z.record(taskStateView, z.int()),
  queue: z.object({ depth: z.int(), oldest_ms: z.number().nullable() }),
  /** Of the window that follows, all servers. */
  window_ms: z.int(),
  throughput_per_s: z.number(),
  failed_share: z.number().nullable(),
  wait: quantilesView,
  start: quantilesView,
  run: quantilesView,
  /** Tasks that found a worker hot, warm or cold. */
  tier_hits: z.record(tierView, z.int()),
  cold_start_share: z.number().nullable(),
  /** This server's pool. */
  pool: z.object({
    max_workers: z.int(),
    configured_workers: z.int(),
    busy: z.int(),
    idle: z.int(),
    starting: z.int(),
    waiting: z.int(),
    /** Busy of all workers there may be, 0..1. */
    utilisation: z.number(),
    tiers: z.record(tierView, z.int()),
    controls: z.record(tierView, tierControlView),
  }),
  alerts: z.array(alertView),
});

/** A point of the charts: what happened in the `step_ms` before `at`. */
export const seriesPointView = z.object({
  at: z.int(),
  settled: z.int(),
  failed: z.int(),
  cold: z.int(),
  wait_p95_ms: z.number().nullable(),
  run_p95_ms: z.number().nullable(),
  /** As this server saw it then; null: it did not look, as before it started. */
  queue_depth: z.int().nullable(),
  busy: z.int().nullable(),
});

export const seriesView = z.object({
  step_ms: z.int(),
  points: z.array(seriesPointView),
});

export const workerView = z.object({
  id: z.string(),
  pid: z.int(),
  tier: tierView,
  state: z.enum(["starting", "idle", "busy", "retiring", "dead"]),
  /** What its main thread does; null unless it is busy. */
  health: z.string().nullable(),
  session: z.string().nullable(),
  loaded: z.array(z.string()),
  /** What it runs, with when that began. */
  task: z.string().nullable(),
  task_kind: z.string().nullable(),
  task_since: z.int().nullable(),
  tasks_in_flight: z.int(),
  tasks_done: z.int(),
  /** Busy share of the last minute, 0..1; null: not known yet. */
  utilisation: z.number().nullable(),
  /** Its own memory (PSS where the kernel tells), bytes. */
  memory_bytes: z.int().nullable(),
  age_ms: z.int(),
  heard_ms_ago: z.int(),
});

export const workersView = z.object({ workers: z.array(workerView) });

export const instanceView = z.object({
  id: z.string(),
  pid: z.int(),
  transport: z.string(),
  project: z.string(),
  version: z.string(),
  is_self: z.boolean(),
  started_at: z.int(),
  heartbeat_ms_ago: z.number(),
  /** `died`, `stopped`; null while it runs. */
  end: z.string().nullable(),
  ended_at: z.int().nullable(),
  wants: z.int(),
  share: z.int(),
  max_workers: z.int(),
  /** Tasks it holds. */
  running: z.int(),
});

export const instancesView = z.object({ instances: z.array(instanceView) });

export type AlertView = z.infer<typeof alertView>;
export type ProbeView = z.infer<typeof probeView>;
export type HealthView = z.infer<typeof healthView>;
export type TierControlView = z.infer<typeof tierControlView>;
export type OverviewView = z.infer<typeof overviewView>;
export type SeriesView = z.infer<typeof seriesView>;
export type SeriesPointView = z.infer<typeof seriesPointView>;
export type WorkerView = z.infer<typeof workerView>;
export type WorkersView = z.infer<typeof workersView>;
export type InstanceView = z.infer<typeof instanceView>;
export type InstancesView = z.infer<typeof instancesView>;
