/** A metrics desk without an engine: told what happened, and with facts that are what a test says. */

import type { MetricsFacts } from "../../monitoring/metrics/metrics-facts.ts";
import type {
  Distribution,
  Family,
  Labels,
} from "../../monitoring/metrics/metric.ts";
import type { KindInfo } from "../../flow-balancer/core/task.ts";
import type { PoolStatus } from "../../flow-balancer/core/pool-status.ts";
import { MetricsDesk } from "../../flow-balancer/watching/metrics-desk.ts";
import { FakeEnv } from "./fake-env.ts";

const KINDS = ["shell", "script", "echo"] as const;

const POOL = {
  maxWorkers: 2,
  configuredWorkers: 4,
  waiting: 3,
  starting: 0,
  busy: 1,
  idle: 1,
  workers: [
    { id: "w-7", pid: 1, tier: "hot", state: "busy", tasksInFlight: 1 },
    { id: "w-9", pid: 2, tier: "cold", state: "idle", tasksInFlight: 0 },
  ],
} as unknown as PoolStatus;

const FACTS: MetricsFacts = {
  version: () => "0.1.0",
  pool: () => POOL,
  memoryOf: async (pids) => new Map(pids.map((pid) => [pid, pid * 1_048_576])),
  home: async () => ({
    tasks: {
      queued: 5,
      running: 1,
      completed: 100,
      failed: 2,
      timed_out: 0,
      cancelled: 0,
      unknown_outcome: 0,
      poisoned: 0,
    },
    waiting: 4,
    oldestMs: 2_500,
    instances: 2,
    lastBeat: {
      ageMs: 120,
      everyMs: 450,
      step: null,
      failing: [],
      steps: {} as never,
      toldMsAgo: null,
    },
  }),
  disk: () => ({ database: 4_096, wal: 8_192, free: 1e9 }),
  deadlines: async () => [
    {
      kind: "echo",
      softMs: 1_000,
      maxMs: 4_000,
      remembered: 256,
      wouldKill: 1,
    },
  ],
};

export function metricsDesk(facts: Partial<MetricsFacts> = {}): MetricsDesk {
  return new MetricsDesk({
    env: new FakeEnv(),
    kinds: {
      list: () => KINDS.map((kind) => ({ kind }) as KindInfo),
      names: () => [...KINDS, "echo[]"],
    },
    facts: () => ({ ...FACTS, ...facts }),
  });
}

/** The series of a metric, by name without the prefix. */
export function valuesOf(families: readonly Family[], name: string) {
  const family = families.find(
    ({ metric }) => metric.name === `flow_balancer_${name}`,
  );
  if (family === undefined || !("values" in family))
    throw new Error(`there is no counter or gauge ${name}`);
  return family.values;
}

/** Of the only series with these labels. */
export const valueOf = (
  families: readonly Family[],
  name: string,
  labels: Labels = {},
): number | undefined =>
  valuesOf(families, name).find((it) => Bun.deepEquals(it.labels, labels))
    ?.value;

export function distributionOf(
  families: readonly Family[],
  name: string,
  labels: Labels = {},
): Distribution {
  const family = families.find(
    ({ metric }) => metric.name === `flow_balancer_${name}`,
  );
  if (family === undefined || !("distributions" in family))
    throw new Error(`there is no histogram ${name}`);
  const found = family.distributions.find((it) =>
    Bun.deepEquals(it.labels, labels),
  );
  if (found === undefined) throw new Error(`${name} has no such series`);
  return found;
}
