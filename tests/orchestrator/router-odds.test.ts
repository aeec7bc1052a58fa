import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  drawn,
  oddsAbove,
  oddsOf,
} from "../../orchestrator/routing/router-odds.ts";
import { seededChance } from "../../orchestrator/routing/seeded-order.ts";

const estimates = fc.array(
  fc.record({
    mean: fc.double({ min: -5, max: 5, noNaN: true }),
    deviation: fc.double({ min: 0, max: 2, noNaN: true }),
  }),
  { minLength: 1, maxLength: 8 },
);
const sum = (odds: readonly number[]): number =>
  odds.reduce((all, it) => all + it, 0);

/** Normal by the polar method. */
function normal(chance: () => number): number {
  for (;;) {
    const [x, y] = [2 * chance() - 1, 2 * chance() - 1];
    const s = x * x + y * y;
    if (s > 0 && s < 1) return x * Math.sqrt((-2 * Math.log(s)) / s);
  }
}

describe("the odds of being the best", () => {
  test("add up to one, each at least its part of the floor", () => {
    fc.assert(
      fc.property(
        estimates,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (of, floor) => {
          const odds = oddsOf(of, floor);
          expect(sum(odds)).toBeCloseTo(1, 9);
          for (const it of odds)
            expect(it).toBeGreaterThanOrEqual(floor / of.length - 1e-12);
        },
      ),
    );
  });

  test("are as often as a drawn one of it is the highest", () => {
    const of = [
      { mean: 0.5, deviation: 0.1 },
      { mean: 0.6, deviation: 0.02 },
      { mean: 0.45, deviation: 0.3 },
      { mean: 0.1, deviation: 0.05 },
    ];
    const chance = seededChance(5);
    const wins = of.map(() => 0);
    const rounds = 40_000;
    for (let round = 0; round < rounds; round++) {
      const values = of.map((it) => it.mean + it.deviation * normal(chance));
      wins[values.indexOf(Math.max(...values))]!++;
    }
    for (const [at, odds] of oddsOf(of, 0).entries())
      expect(Math.abs(odds - wins[at]! / rounds)).toBeLessThan(0.01);
  });

  test("are equal for equals, and for the sure better one all there is", () => {
    const same = { mean: 0.5, deviation: 0 };
    for (const odds of oddsOf([same, same, same], 0))
      expect(odds).toBeCloseTo(1 / 3, 9);
    const [better] = oddsOf([{ mean: 0.6, deviation: 0.01 }, same], 0.04);
    expect(better).toBeCloseTo(0.98, 9);
    expect(oddsOf([], 0.04)).toEqual([]);
  });

  test("of two are those of one being above the other", () => {
    const [a, b] = [
      { mean: 0.7, deviation: 0.1 },
      { mean: 0.6, deviation: 0.05 },
    ];
    expect(oddsOf([a, b], 0)[0]).toBeCloseTo(oddsAbove(a, b), 2);
    expect(oddsAbove(a, b) + oddsAbove(b, a)).toBeCloseTo(1, 9);
  });

  test("are what seeds are drawn by", () => {
    const odds = [0.1, 0.6, 0.3];
    const counts = [0, 0, 0];
    for (let seed = -10_000; seed < 10_000; seed++)
      counts[drawn(odds, seed)]!++;
    for (const [at, count] of counts.entries())
      expect(Math.abs(count / 20_000 - odds[at]!)).toBeLessThan(0.02);
    expect(drawn([], 1)).toBe(-1);
  });
});
