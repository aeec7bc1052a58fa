import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JobState } from "../../flow-balancer/core/chunking.ts";
import {
  factoringByHalf,
  guided,
  kruskalWeissSize,
  sizeForCount,
  withFloor,
} from "../../orchestrator/learning/granularity-baselines.ts";
import {
  decidedMakespan,
  fixedMakespan,
  runningSums,
  type SimulatedJob,
} from "../../orchestrator/learning/makespan-simulator.ts";

const job = (
  items: readonly number[],
  workers: number,
  overheadMs: number,
): SimulatedJob => ({
  untilMs: runningSums(Float64Array.from(items)),
  workers,
  overheadMs,
});

const anyJob = fc
  .record({
    items: fc.array(fc.double({ min: 0, max: 100, noNaN: true }), {
      minLength: 1,
      maxLength: 60,
    }),
    workers: fc.integer({ min: 1, max: 8 }),
    overheadMs: fc.double({ min: 0, max: 50, noNaN: true }),
  })
  .map(({ items, workers, overheadMs }) => job(items, workers, overheadMs));
const anySize = fc.integer({ min: 1, max: 70 });

describe("makespan", () => {
  test("two workers, by hand", () => {
    // 0: 1+4+1 until 6; 1: 1+3+3 until 7; 0: 1+5 until 12.
    expect(fixedMakespan(job([4, 1, 3, 3, 5], 2, 1), 2)).toBe(12);
    expect(fixedMakespan(job([4, 1, 3, 3, 5], 2, 1), 5)).toBe(17);
  });

  test("a size that is decided again and again is a fixed one", () => {
    fc.assert(
      fc.property(anyJob, anySize, (simulated, size) => {
        expect(decidedMakespan(simulated, { next: () => size })).toBeCloseTo(
          fixedMakespan(simulated, size),
          6,
        );
      }),
    );
  });

  test("is never less than all workers busy to the end, nor more than one after the other", () => {
    fc.assert(
      fc.property(anyJob, anySize, (simulated, size) => {
        const { untilMs, workers, overheadMs } = simulated;
        const chunks = Math.ceil((untilMs.length - 1) / size);
        const all = (untilMs.at(-1) ?? 0) + chunks * overheadMs;
        const makespan = fixedMakespan(simulated, size);
        expect(makespan).toBeGreaterThanOrEqual(all / workers - 1e-6);
        expect(makespan).toBeLessThanOrEqual(all + 1e-6);
      }),
    );
  });

  test("who decides is told of a chunk once, after its end and before the next is asked for", () => {
    fc.assert(
      fc.property(anyJob, anySize, (simulated, size) => {
        const told: number[] = [];
        let asked = 0;
        const states: JobState[] = [];
        decidedMakespan(simulated, {
          next(state) {
            asked++;
            states.push(state);
            // Those it does not know of are the ones that run, but for the one that is asked for.
            expect(told.length).toBe(asked - 1 - state.inFlight.length);
            expect(state.free + state.inFlight.length).toBe(simulated.workers);
            return size;
          },
          ended: ({ items, workMs }) => {
            expect(workMs).toBeGreaterThanOrEqual(0);
            told.push(items);
          },
        });
        const items = simulated.untilMs.length - 1;
        expect(told.length).toBe(asked);
        expect(told.reduce((sum, it) => sum + it, 0)).toBe(items);
        expect(states[0]).toEqual({
          remaining: items,
          free: simulated.workers,
          inFlight: [],
        });
      }),
    );
  });
});

describe("the simple rules", () => {
  const left = (remaining: number): JobState => ({
    remaining,
    free: 1,
    inFlight: [],
  });

  test("so many chunks", () => {
    expect(sizeForCount(1_200, 200)).toBe(6);
    expect(sizeForCount(1_201, 200)).toBe(7);
  });

  test("Kruskal and Weiss: larger with the overhead, smaller with the spread, at most a share", () => {
    const size = (spread: number, overhead: number): number =>
      kruskalWeissSize(1_200, 4, { spread, overhead });
    // (sqrt(2) x 1200 x 1 / (1 x 4 x sqrt(ln 4)))^(2/3) = 50.8
    expect(size(1, 1)).toBe(51);
    expect(size(1, 2)).toBeGreaterThan(size(1, 1));
    expect(size(2, 1)).toBeLessThan(size(1, 1));
    expect(size(0, 1)).toBe(300);
  });

  test("guided takes a share of what is left, factoring half a share by batches", () => {
    expect(guided(4).next(left(1_200))).toBe(300);
    const factoring = factoringByHalf(2);
    const sizes: number[] = [];
    for (let remaining = 100; remaining > 0;) {
      const size = Math.min(remaining, factoring.next(left(remaining)));
      sizes.push(size);
      remaining -= size;
    }
    expect(sizes).toEqual([25, 25, 13, 13, 6, 6, 3, 3, 2, 2, 1, 1]);
  });

  test("a floor holds until an even share is less", () => {
    const floored = withFloor(guided(4), { least: 19.5, workers: 4 });
    expect(floored.next(left(200))).toBe(50);
    expect(floored.next(left(40))).toBe(10);
    const halves = withFloor({ next: () => 1 }, { least: 19.5, workers: 4 });
    expect(halves.next(left(200))).toBe(20);
    expect(halves.next(left(40))).toBe(10);
  });
});
