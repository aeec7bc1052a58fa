import { expect, test } from "bun:test";
import { OwnEngine } from "../../../benchmarks/own-engine.ts";
import { seededRandom } from "../../../benchmarks/seeded-random.ts";
import { percentile } from "../../../flow-balancer/core/stats.ts";
import { TIERS } from "../../../flow-balancer/core/tier.ts";
import type { Distribution } from "../../../monitoring/metrics/metric.ts";
import { histogramQuantile } from "../../support/histogram-quantile.ts";
import { distributionOf, valueOf } from "../../support/metrics-under-test.ts";

const TASKS = 200;
const TOLERANCE = 0.05;
const S_PER_MS = 0.001;
/** From nothing to some milliseconds, most of them short. */
const SCRIPT = `export default async ({ ms }) => { const end = performance.now() + ms; while (performance.now() < end); return ms; };`;

const together = (parts: readonly Distribution[]): Distribution => ({
  ...parts[0]!,
  cumulative: parts[0]!.cumulative.map((_, at) =>
    parts.reduce((sum, { cumulative }) => sum + cumulative[at]!, 0),
  ),
});

/** As a share of what is exact; of nothing, by how much. */
const off = (told: number, exact: number): number =>
  exact === 0 ? told : Math.abs(told / exact - 1);

test("real tasks: each clock's p95 by its histogram is within 5 % of the rows' own", async () => {
  await using engine = await OwnEngine.open({
    workers: 2,
    kind: "echo-unchecked",
    observed: "metrics",
  });
  const random = seededRandom(7);
  await Promise.all(
    Array.from({ length: TASKS }, () => {
      const ms = 8 * random() ** 3;
      return engine.value("script", { code: SCRIPT, args: { ms } });
    }),
  );
  const families = (await engine.metrics?.families()) ?? [];
  const told = {
    wait_ms: distributionOf(families, "task_wait_seconds"),
    start_ms: together(
      TIERS.map((tier) =>
        distributionOf(families, "task_start_seconds", { tier }),
      ),
    ),
    run_ms: distributionOf(families, "task_run_seconds"),
  };
  for (const [column, distribution] of Object.entries(told)) {
    const rows = engine.store.raw
      .query<{ ms: number }, []>(
        `SELECT ${column} AS ms FROM outcomes ORDER BY ${column}`,
      )
      .all()
      .map(({ ms }) => ms * S_PER_MS);
    expect(rows).toHaveLength(TASKS);
    expect(distribution.cumulative.at(-1)).toBe(TASKS);
    for (const share of [0.5, 0.95, 0.99]) {
      const quantile = histogramQuantile(share, distribution);
      const error = off(quantile, percentile(rows, share));
      expect([column, share, error < TOLERANCE]).toEqual([column, share, true]);
    }
  }
  const hits = TIERS.map((tier) =>
    valueOf(families, "tier_hits_total", { tier }),
  );
  expect(hits.reduce((sum, it) => sum! + it!, 0)).toBe(TASKS);
  expect(valueOf(families, "home_tasks", { state: "completed" })).toBe(TASKS);
  expect(valueOf(families, "workers_started_total")).toBeGreaterThanOrEqual(2);
  expect(
    distributionOf(families, "store_commit_seconds").cumulative.at(-1),
  ).toBeGreaterThan(0);
  expect(
    valueOf(families, "worker_memory_bytes", { slot: "0" }),
  ).toBeGreaterThan(1e6);
}, 20_000);
