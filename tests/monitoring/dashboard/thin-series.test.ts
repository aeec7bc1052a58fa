/** A chart with fewer points keeps its peaks, its gaps and its order. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  MOST_POINTS,
  thinSeries,
} from "../../../monitoring/dashboard/components/thin-series.ts";

const values = fc.array(
  fc.option(fc.integer({ min: 0, max: 1_000_000 }), { nil: null }),
  { minLength: 1, maxLength: 3000 },
);
const times = (n: number): number[] =>
  Array.from({ length: n }, (_, i) => 1_000 * i);
const known = (of: readonly (number | null)[]): number[] =>
  of.filter((value) => value !== null);

describe("fewer points", () => {
  test("nothing changes where there are few enough", () => {
    const at = times(MOST_POINTS);
    const series = [at.map((_, i) => i)];
    const thin = thinSeries(at, series);
    expect(thin.at).toBe(at);
    expect(thin.values).toBe(series);
  });

  test("at most as many as asked for, in order, with the lowest and the highest of each line", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 700 }), (line, most) => {
        const at = times(line.length);
        const thin = thinSeries(at, [line, line.toReversed()], most);
        expect(thin.at.length).toBeLessThanOrEqual(most);
        expect([...thin.at].sort((a, b) => a - b)).toEqual([...thin.at]);
        for (const [i, whole] of [line, line.toReversed()].entries()) {
          const kept = thin.values[i] ?? [];
          expect(kept.length).toBe(thin.at.length);
          if (known(whole).length === 0) expect(known(kept)).toEqual([]);
          else {
            expect(Math.max(...known(kept))).toBe(Math.max(...known(whole)));
            expect(Math.min(...known(kept))).toBe(Math.min(...known(whole)));
          }
        }
      }),
      { seed: 11, numRuns: 100 },
    );
  });

  test("the first and the last moment stay", () => {
    const thin = thinSeries(times(5000), [times(5000)]);
    expect(thin.at[0]).toBe(0);
    expect(thin.at.at(-1)).toBe(4_999_000);
  });

  test("a long gap stays a gap", () => {
    const line = times(4000).map((_, i) => (i > 1000 && i < 3000 ? null : i));
    const thin = thinSeries(times(4000), [line], 400);
    const gap = thin.values[0]?.filter((value) => value === null) ?? [];
    expect(gap.length).toBeGreaterThan(180);
  });

  test("a fall stays a fall: the two of a bucket come in their order", () => {
    const thin = thinSeries([0, 1, 2, 3], [[9, 1, 8, 2]], 2);
    expect(thin).toEqual({ at: [0, 3], values: [[9, 1]] });
  });
});
