import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { poissonArrivals, withBurst } from "../../benchmarks/arrivals.ts";
import {
  loadFigures,
  type LoadRecord,
  ratioOf,
  shareWithin,
} from "../../benchmarks/load-figures.ts";
import { driveOpenLoop } from "../../benchmarks/open-loop.ts";
import { seededRandom } from "../../benchmarks/seeded-random.ts";

const seed = fc.integer({ min: 0, max: 0xffff_ffff });
const take = (count: number, random: () => number): number[] =>
  Array.from({ length: count }, random);
const mean = (sample: readonly number[]): number =>
  sample.reduce((sum, it) => sum + it, 0) / sample.length;

describe("chance from a seed", () => {
  test("is the same again, another one for another seed, and stays in [0, 1)", () => {
    fc.assert(
      fc.property(seed, (of) => {
        const numbers = take(50, seededRandom(of));
        expect(take(50, seededRandom(of))).toEqual(numbers);
        expect(take(50, seededRandom(of + 1))).not.toEqual(numbers);
        expect(numbers.every((it) => it >= 0 && it < 1)).toBe(true);
      }),
    );
  });

  test("is uniform: mean and each tenth are what they should be", () => {
    const numbers = take(100_000, seededRandom(1));
    expect(mean(numbers)).toBeCloseTo(0.5, 2);
    for (let tenth = 0; tenth < 10; tenth++) {
      const inside = numbers.filter((it) => Math.floor(it * 10) === tenth);
      expect(inside.length / numbers.length).toBeCloseTo(0.1, 2);
    }
  });
});

describe("a Poisson schedule", () => {
  test("ascends and stays within its time, whatever the phases", () => {
    const phase = fc.record({
      seconds: fc.integer({ min: 0, max: 3 }),
      rate: fc.integer({ min: 0, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(phase, { maxLength: 4 }), seed, (phases, of) => {
        const arrivals = poissonArrivals(phases, seededRandom(of));
        const end = phases.reduce((sum, it) => sum + it.seconds, 0) * 1_000;
        expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b));
        expect(arrivals.every((it) => it >= 0 && it < end)).toBe(true);
      }),
    );
  });

  test("has its rate, and gaps as an exponential distribution has them", () => {
    const arrivals = poissonArrivals(
      [{ seconds: 100, rate: 500 }],
      seededRandom(2),
    );
    const gaps = arrivals
      .slice(1)
      .map((it, index) => it - (arrivals[index] ?? 0));
    expect(arrivals.length / 50_000).toBeCloseTo(1, 1);
    expect(mean(gaps)).toBeCloseTo(2, 1);
    // Standard deviation and mean are equal, and 1 / e of the gaps are longer than the mean.
    const variance = mean(gaps.map((it) => (it - 2) ** 2));
    expect(Math.sqrt(variance) / 2).toBeCloseTo(1, 1);
    const longer = gaps.filter((it) => it > 2).length / gaps.length;
    expect(longer).toBeCloseTo(1 / Math.E, 2);
  });

  test("with a burst has ten times the rate in it, and the rate around it", () => {
    const arrivals = poissonArrivals(
      withBurst(100, { before: 20, burst: 20, after: 20 }),
      seededRandom(3),
    );
    const within = (from: number, to: number): number =>
      arrivals.filter((it) => it >= from && it < to).length;
    expect(within(0, 20_000) / 2_000).toBeCloseTo(1, 1);
    expect(within(20_000, 40_000) / 20_000).toBeCloseTo(1, 1);
    expect(within(40_000, 60_000) / 2_000).toBeCloseTo(1, 1);
  });
});

describe("the open loop's driver", () => {
  /** Sleeps longer than asked by what `late` says, as a busy machine does. */
  function clock(late: () => number) {
    let now = 5_000;
    return {
      now: () => now,
      sleep: (ms: number) => {
        now += ms + late();
        return Promise.resolve();
      },
    };
  }

  test("submits all in order, none before it is due, and catches up at once after it was late", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: 100, noNaN: true }), {
          maxLength: 40,
        }),
        fc.array(fc.integer({ min: 0, max: 60 }), {
          minLength: 1,
          maxLength: 9,
        }),
        async (moments, lates) => {
          const arrivals = moments.toSorted((a, b) => a - b);
          let turn = 0;
          const time = clock(() => lates[turn++ % lates.length] ?? 0);
          const seen: number[] = [];
          const lags = await driveOpenLoop(
            arrivals,
            (dueAt, index) => {
              expect(index).toBe(seen.length);
              expect(time.now()).toBeGreaterThanOrEqual(dueAt);
              seen.push(dueAt - 5_000);
            },
            time,
          );
          // The schedule is not moved by the driver's own delays.
          for (const [index, arrival] of arrivals.entries())
            expect(seen[index]).toBeCloseTo(arrival, 6);
          expect(lags).toHaveLength(arrivals.length);
          expect(Math.max(0, ...lags)).toBeLessThanOrEqual(
            1 + Math.max(...lates),
          );
        },
      ),
    );
  });
});

describe("what the records of a load say", () => {
  const accepted = (
    submittedAt: number,
    startedAt: number | null,
    endedAt: number,
    completed = true,
  ): LoadRecord => ({
    status: "accepted",
    dueAt: submittedAt - 1,
    submittedAt,
    startedAt,
    endedAt,
    completed,
  });
  const refused = (
    submittedAt: number,
    predictedMs: number | null,
  ): LoadRecord => ({
    status: "refused",
    dueAt: submittedAt,
    submittedAt,
    code: "QUEUE_FULL",
    predictedMs,
    retryAfterMs: 5,
  });
  const period = { from: 0, to: 2_500 };

  test("goodput counts what was completed in time, by whole seconds", () => {
    const { goodput, keptShare, refusedShare } = loadFigures(
      [
        accepted(0, 10, 100),
        accepted(900, 950, 1_001),
        accepted(1_000, 1_500, 1_600),
        accepted(1_000, 1_010, 1_020, false),
        accepted(2_400, 2_401, 2_402),
        refused(2_400, null),
      ],
      101,
      period,
    );
    expect(goodput).toEqual([1, 1]);
    expect(keptShare).toBe(3 / 5);
    expect(refusedShare).toBe(1 / 6);
  });

  test("latency counts from the moment a task was due, a wait from its submission", () => {
    const { latencies, waits } = loadFigures(
      [accepted(10, 15, 30), accepted(20, null, 40, false)],
      100,
      period,
    );
    expect(latencies).toEqual([21]);
    expect(waits).toEqual([5]);
  });

  test("a refusal is judged by the next task that was admitted and began", () => {
    const { predictions } = loadFigures(
      [
        refused(0, 50),
        refused(10, null),
        accepted(20, null, 25, false),
        refused(30, 60),
        accepted(40, 100, 110),
        refused(50, 70),
      ],
      100,
      period,
    );
    expect(predictions).toEqual([
      { predictedMs: 50, retryAfterMs: 5, waitMs: 100, admissionMs: 40 },
      { predictedMs: 60, retryAfterMs: 5, waitMs: 70, admissionMs: 10 },
    ]);
  });

  test("right within a factor means neither too long nor too short", () => {
    const ratios = [
      ratioOf(50, 100),
      ratioOf(200, 100),
      ratioOf(49, 100),
      ratioOf(201, 100),
    ];
    expect(shareWithin(ratios, 2)).toBe(0.5);
    expect(ratioOf(0.1, 0.9)).toBe(1);
    expect(shareWithin([], 2)).toBeNaN();
  });
});
