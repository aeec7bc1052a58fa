/** The best window and the index, against their definitions tried out one by one. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  BIN_EDGES_MS,
  BINS,
  binOf,
} from "../../orchestrator/learning/gap-hazard.ts";
import {
  bestWindow,
  outlookOf,
  reuseIndex,
  type WarmWindow,
} from "../../orchestrator/learning/warm-window.ts";

const EDGES = [0, ...BIN_EDGES_MS];

/** Some come at once, few later, and most of the rest about one time: as in bursts, or by the clock. */
const hazards = fc
  .record({
    atOnce: fc.double({ min: 0.001, max: 0.3, noNaN: true }),
    later: fc.array(fc.double({ min: 1e-6, max: 0.15, noNaN: true }), {
      minLength: BINS,
      maxLength: BINS,
    }),
    due: fc.integer({ min: 8, max: BINS - 2 }),
    sure: fc.double({ min: 0.5, max: 0.99, noNaN: true }),
  })
  .map(({ atOnce, later, due, sure }) => {
    const hazard = Float64Array.from(later);
    hazard[0] = atOnce;
    hazard[due] = sure;
    return { hazard, dueMs: EDGES[due + 1]! };
  });

/** What a window is expected to save, ms: by walking through the wait, bin by bin. */
function savedMs(
  hazard: Float64Array,
  { fromMs, untilMs }: WarmWindow,
  breakEvenMs: number,
  prewarmCost: number,
): number {
  let still = 1;
  let saved = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const begin = EDGES[bin]!;
    const end = EDGES[bin + 1]!;
    const come = still * hazard[bin]!;
    if (begin === fromMs && fromMs > 0)
      saved -= still * prewarmCost * breakEvenMs;
    if (begin >= fromMs && end <= untilMs)
      saved += come * breakEvenMs - (still - come / 2) * (end - begin);
    still -= come;
  }
  return saved;
}

test("a gap is in the bin whose edges are around it", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e10, noNaN: true }), (gapMs) => {
      const bin = binOf(gapMs);
      expect(gapMs).toBeLessThanOrEqual((EDGES[bin + 1] ?? 1e10) * 1.000001);
      if (bin > 0) expect(gapMs).toBeGreaterThan(EDGES[bin]! * 0.999999);
    }),
  );
  for (const [bin, edge] of BIN_EDGES_MS.entries())
    expect(binOf(edge)).toBe(bin);
  expect(binOf(Infinity)).toBe(BINS);
});

test("a start in the background is paid for only as often as the wait gets that far", () => {
  // A quarter come in bin 30, where keeping does not pay; nearly all others in the next.
  const hazard = new Float64Array(BINS).fill(1e-6);
  hazard[30] = 0.25;
  hazard[31] = 0.95;
  const window = bestWindow(outlookOf(hazard), 0.95 * BIN_EDGES_MS[30]!, 0.6);
  expect(window).toEqual({
    fromMs: BIN_EDGES_MS[30]!,
    untilMs: BIN_EDGES_MS[31]!,
  });
});

describe("for every hazard", () => {
  test("no window saves more than the best one", () => {
    fc.assert(
      fc.property(
        hazards,
        fc.double({ min: 0.1, max: 3, noNaN: true }),
        fc.constantFrom(0, 0.1, 0.5, 0.9),
        ({ hazard, dueMs }, price, prewarmCost) => {
          const breakEvenMs = price * dueMs;
          const outlook = outlookOf(hazard);
          const saves = (window: WarmWindow): number =>
            savedMs(hazard, window, breakEvenMs, prewarmCost);
          const best = saves(bestWindow(outlook, breakEvenMs, prewarmCost));
          const kept = saves(bestWindow(outlook, breakEvenMs));
          const margin = 1e-9 * breakEvenMs * BINS;
          expect(kept).toBeLessThanOrEqual(best + margin);
          for (const untilMs of EDGES) {
            expect(saves({ fromMs: 0, untilMs })).toBeLessThanOrEqual(
              kept + margin,
            );
            for (const fromMs of EDGES.filter((it) => it < untilMs))
              expect(saves({ fromMs, untilMs })).toBeLessThanOrEqual(
                best + margin,
              );
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("the index is the price at which a process would just still be kept", () => {
    fc.assert(
      fc.property(
        hazards,
        fc.nat({ max: BINS - 1 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        ({ hazard }, bin, share) => {
          const outlook = outlookOf(hazard);
          const atEdge = reuseIndex(outlook, EDGES[bin]!);
          // From there on, the wait begins anew.
          const rest = hazard.slice();
          let arrive = 0;
          let idle = 0;
          let still = 1;
          let most = 0;
          for (let at = bin; at < BINS; at++) {
            const come = still * rest[at]!;
            arrive += come;
            idle += (still - come / 2) * (EDGES[at + 1]! - EDGES[at]!);
            still -= come;
            most = Math.max(most, arrive / idle);
          }
          expect(atEdge / most).toBeCloseTo(1, 6);
          const within = EDGES[bin]! + share * (EDGES[bin + 1]! - EDGES[bin]!);
          // At least what the rest of this bin promises, where arrivals lie evenly in it.
          const come = hazard[bin]! * (1 - share);
          const toTheEnd =
            come / (1 - hazard[bin]! + come / 2) / (EDGES[bin + 1]! - within);
          expect(reuseIndex(outlook, within)).toBeGreaterThan(
            toTheEnd * 0.999_999,
          );
          expect(reuseIndex(outlook, EDGES[BINS]! + 1)).toBe(0);
        },
      ),
    );
  });
});
