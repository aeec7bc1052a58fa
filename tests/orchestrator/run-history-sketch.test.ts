import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { percentile } from "../../flow-balancer/core/stats.ts";
import { QuantileSketch } from "../../orchestrator/learning/quantile-sketch.ts";
import { RecentSketch } from "../../orchestrator/learning/run-history-sketch.ts";

const sketchOf = (values: readonly number[]): QuantileSketch => {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
};

/** Seven decades: what fits the bins. */
const durations = fc.array(
  fc.double({ min: -1, max: 6, noNaN: true }).map((log) => 10 ** log),
  { maxLength: 200 },
);
/** Twelve decades, more than fit. */
const wide = fc.array(
  fc.double({ min: -3, max: 9, noNaN: true }).map((log) => 10 ** log),
  { maxLength: 60 },
);

test("any quantile is within 1 %", () => {
  fc.assert(
    fc.property(
      durations.filter((it) => it.length > 0),
      fc.double({ min: 0.001, max: 1, noNaN: true }),
      (values, share) => {
        const exact = percentile(
          values.toSorted((a, b) => a - b),
          share,
        );
        const found = sketchOf(values).quantile(share);
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(0.0101 * exact);
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});

test("a merge equals learning both, whichever comes first, also beyond what fits", () => {
  fc.assert(
    fc.property(
      fc.oneof(durations, wide),
      fc.oneof(durations, wide),
      (a, b) => {
        const both = sketchOf([...a, ...b]).snapshot();
        const merged = QuantileSketch.merge(sketchOf(a), sketchOf(b));
        expect(merged.snapshot()).toEqual(both);
        expect(merged.n).toBe(a.length + b.length);
        expect(
          QuantileSketch.merge(sketchOf(b), sketchOf(a)).snapshot(),
        ).toEqual(both);
        expect(new QuantileSketch(both).snapshot()).toEqual(both);
      },
    ),
    { numRuns: 300, seed: 2 },
  );
});

test("a merge leaves its parts as they were", () => {
  const [a, b] = [sketchOf([1, 10]), sketchOf([1_000])];
  const before = [a.snapshot(), b.snapshot()];
  QuantileSketch.merge(a, b).add(5);
  expect([a.snapshot(), b.snapshot()]).toEqual(before);
});

test("of nothing there is no quantile; nothing and less are taken for the shortest there is", () => {
  expect(sketchOf([]).quantile(0.5)).toBeNaN();
  expect(sketchOf([0, -1, 0.0001]).quantile(1)).toBeCloseTo(0.001, 4);
});

test("more than fits costs the shortest their length, and no room", () => {
  const sketch = sketchOf([0.001, 0.001, 1e12]);
  expect(sketch.snapshot().counts.length).toBeLessThanOrEqual(1_024);
  expect(sketch.quantile(1)).toBeCloseTo(1e12, -11);
});

describe("of recent runs:", () => {
  test("all of them, up to 1,000, and what is 2,000 runs ago is forgotten", () => {
    const recent = new RecentSketch();
    for (let nth = 0; nth < 1_000; nth++) recent.add(10);
    for (let nth = 0; nth < 1_000; nth++) recent.add(1_000);
    expect(recent.recent().n).toBe(2_000);
    expect(recent.recent().quantile(0.5)).toBeCloseTo(10, 0);
    recent.add(1_000);
    expect(recent.recent().n).toBe(1_001);
    expect(recent.recent().quantile(0.001)).toBeCloseTo(1_000, -2);
  });
});
