import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  Estimates,
  type Observation,
} from "../../flow-balancer/pool/estimates.ts";
import { SeededChance } from "../simulation/seeded-chance.ts";

const PLAIN: Observation = {
  kind: "k",
  tier: "warm",
  startMs: 0,
  runMs: 20,
  status: "completed",
};
const seen = (...observations: Partial<Observation>[]): Estimates => {
  const estimates = new Estimates();
  for (const one of observations) estimates.observe({ ...PLAIN, ...one });
  return estimates;
};
const times = (n: number, one: Partial<Observation>) =>
  Array.from({ length: n }, () => one);
const runMs = fc.double({ min: 0.05, max: 1e6, noNaN: true });

describe("estimates", () => {
  test("guesses say that they are guesses, and an unknown kind is expected to be as the others", () => {
    const nothing = new Estimates();
    expect(nothing.spawnMs).toBe(40);
    expect(nothing.expect("k", "cold")).toMatchObject({
      n: 0,
      startMs: 50,
      runMs: 100,
    });
    expect(nothing.expect("k", "hot").startMs).toBe(0);
    const others = seen({ runMs: 7, startMs: 9, tier: "cold" });
    const guess = others.expect("new", "cold");
    expect(guess.n).toBe(0);
    expect(guess.runMs).toBeCloseTo(7);
    expect(guess.startMs).toBeCloseTo(9);
  });

  test("what always takes the same is expected to take just that", () => {
    const expected = seen(...times(2_000, { runMs: 20 })).expect("k", "warm");
    expect(expected.n).toBe(2_000);
    expect(expected.runMs).toBeCloseTo(20);
    expect(expected.runHighMs).toBeLessThan(21);
    expect(expected.runLowMs).toBeGreaterThan(19);
  });

  test("mean, percentiles and what is left are those of the sample, with older runs fading", () => {
    const chance = new SeededChance(5);
    const runs = Array.from({ length: 2_000 }, (_, age) => ({
      runMs: chance.exponential(100),
      weight: (1 - 1 / 256) ** age,
    }));
    const estimates = seen(
      ...runs.toReversed().map(({ runMs }) => ({ runMs })),
    );
    const weighed = (those: typeof runs, of: (runMs: number) => number) =>
      those.reduce((sum, { runMs, weight }) => sum + weight * of(runMs), 0);
    const total = weighed(runs, () => 1);
    const sorted = runs.toSorted((a, b) => a.runMs - b.runMs);
    const quantile = (share: number) => {
      let sum = 0;
      return sorted.find(({ weight }) => (sum += weight) >= share * total)!
        .runMs;
    };
    const near = (got: number, right: number) =>
      expect(Math.abs(got / right - 1)).toBeLessThan(0.12);
    const expected = estimates.expect("k", "warm");
    expect(expected.runMs).toBeCloseTo(weighed(runs, (ms) => ms) / total);
    near(expected.runLowMs, quantile(0.1));
    near(expected.runHighMs, quantile(0.9));
    near(expected.runLastMs, quantile(0.99));
    for (const elapsedMs of [1, 50, 200]) {
      const longer = runs.filter(({ runMs }) => runMs > elapsedMs);
      const left = weighed(longer, (ms) => ms - elapsedMs);
      near(
        estimates.remainingMs("k", elapsedMs),
        left / weighed(longer, () => 1),
      );
    }
  });

  test("what is left of a run learns from its having run: the long ones of two sorts", () => {
    const estimates = seen(
      ...times(10, {}).flatMap(() => [
        ...times(9, { runMs: 10 }),
        { runMs: 1_000 },
      ]),
    );
    expect(estimates.remainingMs("k", 0)).toBeGreaterThan(50);
    expect(estimates.remainingMs("k", 30)).toBeCloseTo(970, -1);
    // Longer than any: as much again.
    expect(estimates.remainingMs("k", 5_000)).toBe(5_000);
  });

  test("a timeout never lowers an estimate, whatever was seen before and however early it came", () => {
    fc.assert(
      fc.property(
        fc.array(runMs, { maxLength: 40 }),
        fc.array(runMs, { minLength: 1, maxLength: 10 }),
        (runs, timeouts) => {
          const estimates = seen(...runs.map((runMs) => ({ runMs })));
          for (const timeoutMs of timeouts) {
            const before = estimates.expect("k", "warm");
            estimates.observe({
              ...PLAIN,
              runMs: timeoutMs,
              status: "timed_out",
            });
            const after = estimates.expect("k", "warm");
            const slack = 1 - 1e-9;
            expect(after.runMs).toBeGreaterThanOrEqual(before.runMs * slack);
            expect(after.runHighMs).toBeGreaterThanOrEqual(
              before.runHighMs * slack,
            );
            expect(after.n).toBe(runs.length);
          }
        },
      ),
      { numRuns: 300 },
    );
    // It goes to those that are known to take longer.
    const three = seen(
      ...times(50, { runMs: 10 }),
      ...times(50, {}).flatMap(() => [{ runMs: 100 }, { runMs: 1_000 }]),
      ...times(200, { runMs: 20, status: "timed_out" }),
    );
    expect(three.remainingMs("k", 20)).toBeCloseTo(530, -1);
    expect(three.expect("k", "warm").runMs).toBeGreaterThan(450);
    const cut = seen(...times(5, { runMs: 50, status: "timed_out" }));
    expect(cut.expect("k", "warm").runMs).toBeGreaterThanOrEqual(100);
  });

  test("what failed or was cancelled is no run, but its loading is a load", () => {
    const estimates = seen(
      { runMs: 20, startMs: 8, tier: "cold" },
      ...(["failed", "cancelled", "unknown_outcome"] as const).map(
        (status) =>
          ({ runMs: 9_000, startMs: 8, tier: "cold", status }) as const,
      ),
    );
    expect(estimates.expect("k", "cold")).toMatchObject({ n: 1 });
    expect(estimates.expect("k", "cold").runMs).toBeCloseTo(20);
    expect(estimates.loadMs("k")).toBeCloseTo(8);
  });

  test("a tier's own run times count as far as they were seen", () => {
    const estimates = seen(
      ...times(100, { tier: "hot", runMs: 10 }),
      ...times(100, { tier: "cold", runMs: 40 }),
    );
    const [hot, warm, cold] = (["hot", "warm", "cold"] as const).map(
      (tier) => estimates.expect("k", tier).runMs,
    );
    expect(hot).toBeLessThan(0.7 * warm!);
    expect(cold).toBeGreaterThan(1.3 * warm!);
  });

  test("follows a change, and one outlier does not move the start of a process", () => {
    const estimates = seen(
      ...times(1_000, { runMs: 10 }),
      ...times(1_000, { runMs: 80 }),
    );
    expect(estimates.expect("k", "warm").runMs).toBeGreaterThan(75);
    for (let i = 0; i < 30; i++) estimates.observeSpawn(30);
    estimates.observeSpawn(30_000);
    expect(estimates.spawnMs).toBeLessThan(40);
  });

  test("remembers a bounded number of kinds, those that were seen last", () => {
    const estimates = new Estimates();
    for (let i = 0; i < 1_500; i++) {
      estimates.observe({ ...PLAIN, kind: `k${i}`, runMs: 30 });
      estimates.observe({ ...PLAIN, kind: "often", runMs: 5 });
    }
    expect(estimates.kinds).toBe(1_000);
    expect(estimates.expect("often", "warm").n).toBe(1_500);
    expect(estimates.expect("k1499", "warm").n).toBe(1);
    expect(estimates.expect("k3", "warm").n).toBe(0);
  });

  test("keeps its numbers however many observations come", () => {
    const estimates = seen(...times(200_000, { runMs: 12 }));
    expect(estimates.expect("k", "warm").runMs).toBeCloseTo(12);
    expect(estimates.expect("k", "warm").runHighMs).toBeCloseTo(12, 0);
  });

  test("says how far its predictions were off", () => {
    const estimates = new Estimates();
    expect(estimates.predictionErrors().runMs.n).toBe(0);
    const predicted = { waitMs: 99, startMs: 0, runMs: 99 };
    for (let i = 0; i < 3; i++)
      estimates.observePrediction(predicted, { ...predicted, runMs: 399 });
    estimates.observePrediction(predicted, predicted);
    const { waitMs, runMs } = estimates.predictionErrors();
    expect(waitMs).toEqual({ n: 4, medianLogRatio: 0, withinTwice: 1 });
    expect(runMs.medianLogRatio).toBeCloseTo(Math.log(4));
    expect(runMs.withinTwice).toBe(0.25);
  });
});
