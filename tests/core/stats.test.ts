import { expect, test } from "bun:test";
import fc from "fast-check";
import { percentile, summarise } from "../../flow-balancer/core/stats.ts";

const sample = fc.array(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  {
    minLength: 1,
    maxLength: 200,
  },
);
const share = fc.double({ min: 1e-6, max: 1, noNaN: true });

test("a percentile is the smallest value of the sample that enough of it does not exceed", () => {
  fc.assert(
    fc.property(sample, share, (values, part) => {
      const sorted = values.toSorted((a, b) => a - b);
      const value = percentile(sorted, part);
      expect(sorted).toContain(value);
      const notAbove = (limit: number): number =>
        sorted.filter((one) => one <= limit).length / sorted.length;
      expect(notAbove(value)).toBeGreaterThanOrEqual(part - 1e-12);
      const below = sorted.findLast((one) => one < value);
      if (below !== undefined) expect(notAbove(below)).toBeLessThan(part);
    }),
    { numRuns: 300 },
  );
});

test("known values by nearest rank", () => {
  const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect(
    [0.5, 0.9, 0.91, 0.95, 1, 0.1, 0.0001].map((part) => percentile(ten, part)),
  ).toEqual([5, 9, 10, 10, 10, 1, 1]);
  expect(percentile([], 0.5)).toBeNaN();
});

test("a summary does not depend on the order and leaves the sample as it was", () => {
  fc.assert(
    fc.property(sample, (values) => {
      const before = [...values];
      const summary = summarise(values);
      expect(values).toEqual(before);
      expect(summarise(values.toReversed())).toEqual(summary);
      expect(summary.n).toBe(values.length);
      expect(summary.p50).toBeLessThanOrEqual(summary.p95);
      expect(summary.p99).toBeLessThanOrEqual(summary.max);
      expect(summary.max).toBe(Math.max(...values));
    }),
    { numRuns: 200 },
  );
  expect(summarise([])).toEqual({
    n: 0,
    p50: Number.NaN,
    p95: Number.NaN,
    p99: Number.NaN,
    max: Number.NaN,
  });
});
