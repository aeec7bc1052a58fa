/** Facts of a server that is well, and what a test says otherwise. */

import {
  BEAT_STEPS,
  type BeatStep,
  type BeatStepName,
  type LastBeat,
} from "../../flow-balancer/core/instance.ts";
import type { AlertFacts } from "../../monitoring/alerts/alert-facts.ts";
import type {
  Gathered,
  HealthFacts,
} from "../../monitoring/health/health-facts.ts";

export const GIB = 1_073_741_824;
export const MIB = 1_048_576;

export const step = (more: Partial<BeatStep> = {}): BeatStep => ({
  okMsAgo: 100,
  failures: 0,
  reason: null,
  ...more,
});

export function beat(
  more: Partial<Omit<LastBeat, "steps">> = {},
  steps: Partial<Record<BeatStepName, BeatStep>> = {},
): LastBeat {
  const well = Object.fromEntries(BEAT_STEPS.map((name) => [name, step()]));
  return {
    ageMs: 100,
    everyMs: 500,
    step: null,
    failing: [],
    toldMsAgo: 1_000,
    ...more,
    steps: { ...well, ...steps } as LastBeat["steps"],
  };
}

export const WELL: HealthFacts = {
  store: { writeMs: 0.4, refusal: null, refused: null },
  commit: { n: 100, p50Ms: 0.1, p95Ms: 0.4, maxMs: 3 },
  pool: {
    ready: 2,
    starting: 0,
    maxWorkers: 8,
    waiting: 0,
    failedStarts: 0,
    closing: false,
    reason: "",
    nextStartMs: 0,
    trial: null,
  },
  heartbeat: { beat: beat(), heartbeatMs: 30_000, deadAfterMs: 60_000 },
  reaper: { beat: beat(), overdueMs: null },
  disk: { freeBytes: 50 * GIB, totalBytes: 100 * GIB, freeFiles: 1_000_000 },
  wal: { bytes: 4 * MIB },
  event_loop: { delay: { p50Ms: 0.1, p99Ms: 2, maxMs: 12 } },
  instances: { alive: 1, died: [], silent: [], windowMs: 600_000 },
};

/** As if all had been asked and had answered. */
export const gathered = (more: Partial<HealthFacts> = {}): Gathered =>
  Object.fromEntries(
    Object.entries({ ...WELL, ...more }).map(([name, value]) => [
      name,
      { ok: true, value },
    ]),
  ) as Gathered;

export const alertFacts = (more: Partial<AlertFacts> = {}): AlertFacts => ({
  at: 1_700_000_000_000,
  recent: {
    windowMs: 300_000,
    ended: 100,
    failed: 0,
    worst: null,
    waited: 100,
    waitP95Ms: 5,
    placed: 100,
    cold: 2,
  },
  pool: { busy: 1, maxWorkers: 8, waiting: 0 },
  oldest: { task: null, kind: null, ageMs: 0 },
  neighbours: WELL.instances,
  disk: WELL.disk,
  wal: WELL.wal,
  beat: beat(),
  ...more,
});
