import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Budget, type BudgetTerms } from "../../flow-balancer/core/budget.ts";
import type { MonoMs } from "../../flow-balancer/core/time.ts";

const at = (ms: number): MonoMs => ms as MonoMs;

/** A moment later (ms), somebody runs for the first time or wants more. */
type Step = readonly [afterMs: number, what: "earn" | "spend" | "book"];

const terms: fc.Arbitrary<BudgetTerms> = fc.record({
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  perMinute: fc.double({ min: 0, max: 60, noNaN: true }),
  burst: fc.integer({ min: 0, max: 20 }),
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(
    fc.nat(30_000),
    fc.constantFrom("earn" as const, "spend" as const, "book" as const),
  ),
  { maxLength: 200 },
);

const LONGEST_MS = 120_000;

/** When first runs were, and when extra ones may begin; those told to wait the longest are not among them. */
function play(of: BudgetTerms, all: readonly Step[]) {
  const budget = new Budget(of, at(0));
  const first: number[] = [];
  const extra: number[] = [];
  let now = 0;
  for (const [afterMs, what] of all) {
    now += afterMs;
    if (what === "earn") {
      budget.earn(at(now));
      first.push(now);
    } else if (what === "spend") {
      if (budget.spend(at(now))) extra.push(now);
    } else {
      const waitMs = budget.book(at(now), LONGEST_MS);
      expect(waitMs).toBeWithin(0, LONGEST_MS + 1e-6);
      if (waitMs < LONGEST_MS) extra.push(now + waitMs);
    }
  }
  return { first, extra, left: budget.tokens(at(now)), now };
}

describe("a budget", () => {
  test("allows no more extra runs, up to any moment, than its share, its floor and its burst", () => {
    fc.assert(
      fc.property(terms, steps, (of, all) => {
        const { first, extra } = play(of, all);
        for (const moment of extra) {
          const begun = extra.filter((it) => it <= moment).length;
          const ran = first.filter((it) => it <= moment).length;
          const most =
            of.burst + of.share * ran + (of.perMinute * moment) / 60_000;
          expect(begun).toBeLessThanOrEqual(most + 1e-6);
        }
      }),
    );
  });

  test("answers the same to the same", () => {
    fc.assert(
      fc.property(terms, steps, (of, all) => {
        expect(play(of, all)).toEqual(play(of, all));
      }),
    );
  });

  test("is full at the start, earns by share and by time, and keeps no more than its burst", () => {
    const budget = new Budget({ share: 0.5, perMinute: 6, burst: 2 }, at(0));
    const tries = (ms: number): boolean[] =>
      [1, 2, 3].map(() => budget.spend(at(ms)));
    expect(tries(0)).toEqual([true, true, false]);
    budget.earn(at(0));
    expect(budget.spend(at(0))).toBeFalse();
    budget.earn(at(0));
    expect(budget.spend(at(0))).toBeTrue();
    expect(budget.spend(at(9_999))).toBeFalse();
    expect(budget.spend(at(10_000))).toBeTrue();
    expect(tries(3_600_000)).toEqual([true, true, false]);
  });

  test("promises tokens to come one after the other, and those that are earned meanwhile to who asks next", () => {
    const budget = new Budget({ share: 1, perMinute: 6, burst: 1 }, at(0));
    const book = (ms: number): number => budget.book(at(ms), 35_000);
    expect([book(0), book(0), book(0), book(0)]).toEqual([
      0, 10_000, 20_000, 30_000,
    ]);
    // Nothing is booked for one that would have to wait too long.
    expect([book(0), book(0)]).toEqual([35_000, 35_000]);
    budget.earn(at(0));
    expect(book(0)).toBe(30_000);
    expect(book(10_000)).toBe(30_000);
  });

  test("without a floor tells the longest once it is empty", () => {
    const budget = new Budget({ share: 0.1, perMinute: 0, burst: 1 }, at(0));
    expect(budget.book(at(0), 1_000)).toBe(0);
    expect(budget.book(at(99_000), 1_000)).toBe(1_000);
  });
});
