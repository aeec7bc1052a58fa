import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { SplitAsk } from "../../flow-balancer/core/chunking.ts";
import {
  newGranularityMemory,
  observeChunk,
} from "../../orchestrator/learning/granularity.ts";
import { recommendSplit } from "../../orchestrator/learning/recommend-split.ts";

const NOTHING = newGranularityMemory();

const ask = (more: Partial<SplitAsk>): SplitAsk => ({
  workMs: null,
  workTokens: null,
  complexity: 5,
  kind: null,
  items: null,
  workers: 8,
  minEfficiency: 0.9,
  overheadMs: null,
  overheadTokens: null,
  ...more,
});

const anyAsk = fc.record({
  workMs: fc.option(fc.double({ min: 1e-3, max: 1e12, noNaN: true })),
  workTokens: fc.option(fc.double({ min: 1, max: 1e12, noNaN: true })),
  complexity: fc.integer({ min: 1, max: 10 }),
  kind: fc.constant(null),
  items: fc.constant(null),
  workers: fc.integer({ min: 1, max: 10_000 }),
  minEfficiency: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
  overheadMs: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
  overheadTokens: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
});

function learned(chunks: number) {
  const memory = newGranularityMemory();
  for (let chunk = 0; chunk < chunks; chunk++)
    observeChunk(
      memory,
      "resize",
      { items: 10, workMs: 200, overheadMs: 5 },
      0,
    );
  return memory;
}

describe("recommendSplit", () => {
  test("is a whole number from 25 to 300, whatever is asked, and every line of why says something", () => {
    fc.assert(
      fc.property(anyAsk, (asked) => {
        const { subtasks, unbounded, efficiency, why } = recommendSplit(
          asked,
          NOTHING,
        );
        expect(Number.isInteger(subtasks)).toBe(true);
        expect(subtasks).toBeGreaterThanOrEqual(25);
        expect(subtasks).toBeLessThanOrEqual(300);
        expect(Number.isSafeInteger(unbounded) || unbounded > 1e15).toBe(true);
        if (efficiency !== null) expect(efficiency).toBeWithin(0, 1 + 1e-9);
        expect(why.length).toBeGreaterThan(0);
        expect(why.join("\n")).not.toMatch(/NaN|Infinity|undefined/);
      }),
    );
  });

  test("within the rails the least efficiency is kept", () => {
    fc.assert(
      fc.property(anyAsk, (asked) => {
        const { subtasks, unbounded, efficiency } = recommendSplit(
          asked,
          NOTHING,
        );
        if (efficiency !== null && subtasks <= unbounded)
          // One subtask is work that is not split.
          expect(
            efficiency >= asked.minEfficiency - 1e-9 || unbounded === 1,
          ).toBe(true);
      }),
    );
  });

  test("more complex work is cut into more, an overhead that grows into fewer", () => {
    const of = (more: Partial<SplitAsk>): number =>
      recommendSplit(
        ask({ workMs: 3_600_000, overheadMs: 5_000, ...more }),
        NOTHING,
      ).unbounded;
    expect(of({ complexity: 9, minEfficiency: 0.5 })).toBeGreaterThan(
      of({ complexity: 2, minEfficiency: 0.5 }),
    );
    expect(of({ overheadMs: 20_000 })).toBeLessThan(of({}));
    expect(of({ minEfficiency: 0.95 })).toBeLessThan(of({}));
  });

  test("time and tokens both count: the one that allows fewer decides", () => {
    const time = { workMs: 3_600_000, overheadMs: 5_000 };
    const tokens = { workTokens: 2_000_000, overheadTokens: 3_000 };
    const of = (more: Partial<SplitAsk>): number =>
      recommendSplit(ask({ ...more, minEfficiency: 0.9 }), NOTHING).unbounded;
    // 2,000,000 x 0.1 / (0.9 x 3,000) = 74.07
    expect(of(tokens)).toBe(74);
    expect(of({ ...time, ...tokens })).toBe(Math.min(of(time), of(tokens)));
  });

  test("of a kind that is known, work and overhead are what its chunks showed", () => {
    const { why, efficiency, subtasks } = recommendSplit(
      ask({ kind: "resize", items: 10_000 }),
      learned(20),
    );
    // 10,000 items of 20 ms; 5 ms a chunk.
    expect(why[0]).toBe(
      "work: 200.00 s, 10,000 items of 20.0 ms, from 20 chunks of resize",
    );
    expect(why[1]).toBe(
      "overhead of each subtask: 5.00 ms, from 20 chunks of resize",
    );
    expect(efficiency).toBeCloseTo(200_000 / (200_000 + subtasks * 5), 9);
    expect(why.join("\n")).toContain("of the time was work");
  });

  test("thin evidence is said; another kind's overhead is used, and said to be all kinds'", () => {
    const few = recommendSplit(
      ask({ kind: "resize", items: 10_000 }),
      learned(3),
    );
    expect(few.why[0]).toContain("3 chunks of resize, which is thin evidence");
    const other = recommendSplit(
      ask({ kind: "encode", workMs: 10_000 }),
      learned(20),
    );
    expect(other.why[1]).toContain("from 20 chunks of all kinds");
    // Its items are not those of another kind.
    const items = recommendSplit(
      ask({ kind: "encode", items: 10_000 }),
      learned(20),
    );
    expect(items.efficiency).toBeNull();
  });

  test("by complexity alone it is a guess, and said to be one", () => {
    const of = (complexity: number) =>
      recommendSplit(ask({ complexity }), NOTHING);
    expect([1, 5, 10].map((it) => of(it).subtasks)).toEqual([25, 75, 300]);
    expect(of(5).efficiency).toBeNull();
    expect(of(5).why[0]).toContain("a guess");
  });

  test("where the fewest are too many, it says how many would be enough", () => {
    const { subtasks, unbounded, why } = recommendSplit(
      ask({ workMs: 3_000, overheadMs: 100 }),
      NOTHING,
    );
    expect({ subtasks, unbounded }).toEqual({ subtasks: 25, unbounded: 3 });
    expect(why.join("\n")).toContain("better done in 3");
  });

  test.each([
    [{ complexity: 0 }, "/complexity: must be 1..10, got 0"],
    [{ complexity: Number.NaN }, "/complexity"],
    [{ minEfficiency: 1 }, "/min_efficiency: must be above 0 and below 1"],
    [{ workers: 0 }, "/workers: must be 1 or more"],
    [{ workMs: 0 }, "/work_ms: must be above 0"],
    [{ workTokens: -1 }, "/work_tokens: must be above 0"],
    [{ overheadTokens: -1 }, "/overhead_tokens: must be 0 or more"],
  ] as const)("%j is refused", (more, message) => {
    expect(() => recommendSplit(ask(more), NOTHING)).toThrow(message);
  });
});
