/** The whole at one moment, and how it went: what the first page shows. */

import packageJson from "../../package.json" with { type: "json" };
import { basename } from "node:path";
import type {
  OverviewView,
  SeriesPointView,
  SeriesView,
} from "../../monitoring/api/overview-views.ts";
import type { LoadSamples } from "./load-samples.ts";
import type { LogHistogram } from "./log-histogram.ts";
import { STEP_MS, type OutcomeWindow } from "./outcome-window.ts";
import type { QueueDepth } from "./queue-depth.ts";
import type { Watched } from "./watch-parts.ts";

const WINDOW_MS = 300_000;

interface OverviewParts {
  readonly watched: Watched;
  readonly window: OutcomeWindow;
  readonly queue: QueueDepth;
}

export async function overviewOf(parts: OverviewParts): Promise<OverviewView> {
  const { watched, queue } = parts;
  const { env, id, config, ports } = watched;
  const [tasks, health] = await Promise.all([
    watched.queue.counts(),
    ports.health(),
    parts.window.caughtUp(),
  ]);
  const oldestAt = queue.oldestAt();
  const now = env.now();
  return {
    at: now,
    instance: id,
    version: packageJson.version,
    home: basename(config.home),
    read_only: ports.isReadOnly,
    health: health.status,
    tasks: { ...tasks },
    queue: {
      depth: queue.depth(),
      oldest_ms: oldestAt === null ? null : Math.max(0, now - oldestAt),
    },
    ...lately(parts),
    pool: poolView(watched),
    alerts: [...ports.alerts()],
  };
}

function lately({ window }: OverviewParts) {
  const { sum, knownMs } = window.sum(WINDOW_MS);
  const { settled, failed, cancelled, tiers } = sum;
  const judged = settled - cancelled;
  const placed = tiers.hot + tiers.warm + tiers.cold;
  return {
    window_ms: WINDOW_MS,
    throughput_per_s: knownMs === 0 ? 0 : (settled * 1_000) / knownMs,
    failed_share: judged === 0 ? null : failed / judged,
    wait: quantilesOf(sum.wait),
    start: quantilesOf(sum.start),
    run: quantilesOf(sum.run),
    tier_hits: { ...tiers },
    cold_start_share: placed === 0 ? null : tiers.cold / placed,
  };
}

function quantilesOf(histogram: LogHistogram) {
  const [p50, p95, p99] = histogram.quantiles([0.5, 0.95, 0.99]);
  return {
    n: histogram.n,
    p50_ms: p50 ?? null,
    p95_ms: p95 ?? null,
    p99_ms: p99 ?? null,
  };
}

function poolView({ pool, ports }: Watched): OverviewView["pool"] {
  const status = pool.status();
  const { maxWorkers, busy, idle, starting, waiting } = status;
  return {
    max_workers: maxWorkers,
    configured_workers: status.configuredWorkers,
    busy,
    idle,
    starting,
    waiting,
    // More are busy than may be for a while after others got a share.
    utilisation: maxWorkers === 0 ? 0 : Math.min(1, busy / maxWorkers),
    tiers: { ...status.tiers },
    controls: { ...ports.controls() },
  };
}

/** Whole steps only, as far back as everything is known; the one that runs is left out. */
export async function seriesOf(
  minutes: number,
  now: () => number,
  { window, samples }: { window: OutcomeWindow; samples: LoadSamples },
): Promise<SeriesView> {
  await window.caughtUp();
  const steps = Math.round(
    (Math.min(60, Math.max(1, minutes)) * 60_000) / STEP_MS,
  );
  const end = Math.floor(now() / STEP_MS) * STEP_MS;
  const points: SeriesPointView[] = [];
  for (let at = end - steps * STEP_MS; at < end; at += STEP_MS) {
    const ended = window.at(at);
    if (ended === null) continue;
    const sample = samples.at(at);
    points.push({
      at: at + STEP_MS,
      settled: ended.settled,
      failed: ended.failed,
      cold: ended.tiers.cold,
      wait_p95_ms: ended.wait.quantiles([0.95])[0] ?? null,
      run_p95_ms: ended.run.quantiles([0.95])[0] ?? null,
      queue_depth: sample?.depth ?? null,
      busy: sample?.busy ?? null,
    });
  }
  return { step_ms: STEP_MS, points };
}
