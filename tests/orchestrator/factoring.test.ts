import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JobState } from "../../flow-balancer/core/chunking.ts";
import {
  type ChunkCosts,
  nextChunk,
  UNKNOWN_COSTS,
} from "../../orchestrator/learning/factoring.ts";

const job = (remaining: number, free: number): JobState => ({
  remaining,
  free,
  inFlight: [],
});
const costs = (more: Partial<ChunkCosts>): ChunkCosts => ({
  itemMs: 1,
  overheadMs: 0,
  spread: 0,
  drift: 0,
  ...more,
});

const anyCosts = fc.record({
  itemMs: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
  overheadMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
  spread: fc.double({ min: 0, max: 50, noNaN: true }),
  drift: fc.double({ min: 0, max: 1, noNaN: true }),
});
const anyJob = fc.record({
  remaining: fc.integer({ min: 1, max: 100_000 }),
  free: fc.integer({ min: 1, max: 64 }),
  inFlight: fc.array(
    fc.record({
      items: fc.integer({ min: 1, max: 1_000 }),
      sinceMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
    }),
    { maxLength: 64 },
  ),
});

describe("nextChunk", () => {
  test("whatever is known: at least one item, at most what is left, a whole number", () => {
    fc.assert(
      fc.property(anyJob, anyCosts, (state, known) => {
        const items = nextChunk(state, known);
        expect(Number.isInteger(items)).toBe(true);
        expect(items).toBeGreaterThanOrEqual(1);
        expect(items).toBeLessThanOrEqual(state.remaining);
      }),
    );
  });

  test("with nothing known it is factoring: half of each worker's share", () => {
    expect(nextChunk(job(1_200, 4), UNKNOWN_COSTS)).toBe(150);
    expect(nextChunk(job(1_200, 16), UNKNOWN_COSTS)).toBe(38);
  });

  test("items that all take the same are handed out at once, in even shares", () => {
    expect(nextChunk(job(1_200, 4), costs({}))).toBe(300);
    expect(nextChunk(job(10, 4), costs({}))).toBe(3);
  });

  test("the more the items vary, the less is handed out first", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (a, b) => {
          const [less, more] = a < b ? [a, b] : [b, a];
          const first = (spread: number): number =>
            nextChunk(job(1_200, 4), costs({ spread, overheadMs: 1e-3 }));
          expect(first(more)).toBeLessThanOrEqual(first(less));
        },
      ),
    );
  });

  test("where a chunk costs more than evening out can save, the whole share goes at once", () => {
    const varied = { spread: 1, drift: 0 };
    expect(nextChunk(job(400, 4), costs(varied))).toBeLessThan(100);
    expect(nextChunk(job(400, 4), costs({ ...varied, overheadMs: 50 }))).toBe(
      100,
    );
  });

  test("a worker that will be free soon is counted in, one that is busy to the end is not", () => {
    const asked = { remaining: 100, free: 1 };
    const soon = { ...asked, inFlight: [{ items: 10, sinceMs: 9 }] };
    const never = { ...asked, inFlight: [{ items: 500, sinceMs: 0 }] };
    expect(nextChunk(soon, costs({}))).toBe(51);
    expect(nextChunk(never, costs({}))).toBe(100);
  });

  test("what is left shrinks to nothing in a bounded number of chunks", () => {
    fc.assert(
      fc.property(anyCosts, fc.integer({ min: 1, max: 5_000 }), (known, of) => {
        let left = of;
        for (let chunk = 0; chunk < of && left > 0; chunk++)
          left -= nextChunk(job(left, 4), known);
        expect(left).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
