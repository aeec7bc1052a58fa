import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { percentile } from "../../../flow-balancer/core/stats.ts";
import { BucketCounts } from "../../../monitoring/metrics/bucket-counts.ts";
import {
  logBounds,
  logBoundsFromZero,
} from "../../../monitoring/metrics/log-bounds.ts";
import { seededRandom } from "../../../benchmarks/seeded-random.ts";
import { histogramQuantile } from "../../support/histogram-quantile.ts";
import { promtool, testWithPromtool } from "../../support/promtool.ts";
import { TemporaryFolder } from "../../support/temporary-folder.ts";

const TIMES = logBoundsFromZero(10e-6, 3_600);
const TOLERANCE = 0.05;

/** How Prometheus' quantile of the histogram is off the sample's own (nearest rank), as a share of it. */
function errorOf(sample: readonly number[], share: number): number {
  const exact = percentile(
    [...sample].sort((a, b) => a - b),
    share,
  );
  const counts = countsOf(sample);
  const told = histogramQuantile(share, {
    bounds: TIMES,
    cumulative: counts.cumulative(),
  });
  return exact === 0 ? Math.abs(told) : Math.abs(told / exact - 1);
}

function countsOf(sample: readonly number[]): BucketCounts {
  const counts = new BucketCounts(TIMES);
  for (const value of sample) counts.observe(value);
  return counts;
}

/** Of times in seconds, as tasks have them. */
const random = seededRandom(20_261_121);
const normal = (): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const many = (one: () => number, n = 2_000): number[] =>
  Array.from({ length: n }, one);
const DISTRIBUTIONS: readonly (readonly [string, readonly number[]])[] = [
  ["100.0 ms, all of them", many(() => 0.1)],
  ["just above 100 ms, all of them", many(() => 0.1000001)],
  ["one task", [0.0373]],
  ["nothing, all of them", many(() => 0)],
  ["nothing, but for one in ten", many(() => (random() < 0.1 ? 0.25 : 0))],
  ["exponential around 20 ms", many(() => -0.02 * Math.log(1 - random()))],
  ["log-normal", many(() => 0.05 * Math.exp(1.5 * normal()))],
  ["two humps", many(() => (random() < 0.94 ? 0.002 : 30) * (1 + random()))],
  ["heavy-tailed", many(() => 0.001 * (1 - random()) ** -0.8)],
  ["uniform", many(() => random() * 10)],
  ["in steps of the clock", many(() => Math.ceil(random() * 40) * 0.001)],
];

describe("bounds", () => {
  test("grow by less than 5 % and span what they are asked to", () => {
    for (const bounds of [TIMES.slice(1), logBounds(0.001, 10)])
      for (const [at, bound] of bounds.slice(1).entries())
        expect(bound / bounds[at]!).toBeWithin(1.04, 1.05);
    expect(TIMES.slice(0, 2)).toEqual([0, 0.00001]);
    expect(TIMES.at(-1)).toBeGreaterThanOrEqual(3_600);
    expect(logBounds(0.001, 10).at(-1)).toBe(10);
  });

  test("a value counts for the first bound that is not below it", () => {
    const counts = new BucketCounts([1, 2, 3]);
    for (const value of [0.5, 1, 1.5, 3, 4, Number.NaN, Infinity])
      counts.observe(value);
    expect(counts.cumulative()).toEqual([2, 3, 4, 5]);
    expect(counts.sum).toBe(10);
  });
});

describe("a quantile as Prometheus reckons it is within 5 % of the rows' own", () => {
  test.each(DISTRIBUTIONS)("%s", (_, sample) => {
    for (const share of [0.5, 0.95, 0.99])
      expect(errorOf(sample, share)).toBeLessThan(TOLERANCE);
  });

  test("of anything between 10 us and an hour", () => {
    const time = fc.double({ min: 10e-6, max: 3_600, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(time, { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (sample, share) => errorOf(sample, share) < TOLERANCE,
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});

testWithPromtool("the real Prometheus reckons the same", async () => {
  using folder = new TemporaryFolder();
  const series = DISTRIBUTIONS.flatMap(([, sample], at) => {
    const cumulative = countsOf(sample).cumulative();
    return [...TIMES, "+Inf"].map((le, bucket) => ({
      series: `t_bucket{at="${at}", le="${le}"}`,
      values: String(cumulative[bucket]),
    }));
  });
  const queries = DISTRIBUTIONS.map(([, sample], at) => {
    const exact = percentile(
      [...sample].sort((a, b) => a - b),
      0.95,
    );
    const told = `histogram_quantile(0.95, t_bucket{at="${at}"})`;
    const off = exact === 0 ? `abs(${told})` : `abs(${told} / ${exact} - 1)`;
    return {
      expr: `${off} < bool ${TOLERANCE}`,
      eval_time: "0m",
      exp_samples: [{ labels: `{at="${at}"}`, value: 1 }],
    };
  });
  const tests = [
    { interval: "1m", input_series: series, promql_expr_test: queries },
  ];
  const file = folder.file("quantiles.json", JSON.stringify({ tests }));
  const { exitCode, said } = await promtool(["test", "rules", file]);
  expect(said).toContain("SUCCESS");
  expect(exitCode).toBe(0);
});
