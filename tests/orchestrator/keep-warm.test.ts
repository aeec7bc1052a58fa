import { describe, expect, test } from "bun:test";
import { serialize } from "bun:jsc";
import fc from "fast-check";
import {
  type GapMemory,
  newGapMemory,
  observeGap,
  observeOpenGaps,
} from "../../orchestrator/learning/gap-memory.ts";
import {
  breakEvenMs,
  decideKeepWarm,
} from "../../orchestrator/learning/keep-warm.ts";
import { seeded } from "./keep-warm-traces.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function remembering(
  ...gaps: readonly (readonly [key: string, gapMs: number, times: number])[]
): GapMemory {
  const memory = newGapMemory();
  for (const [key, gapMs, times] of gaps)
    for (let n = 0; n < times; n++) observeGap(memory, key, gapMs);
  return memory;
}

const keepMs = (memory: GapMemory, breakEven: number, key = "a"): number =>
  decideKeepWarm(memory, key, { breakEvenMs: breakEven }).keepMs;

describe("how long a process is kept", () => {
  test.each([10 * SECOND, 10 * MINUTE, 5 * HOUR])(
    "without evidence: for about the break-even time of %d ms",
    (breakEven) => {
      const { keepMs: kept, reason } = decideKeepWarm(newGapMemory(), "a", {
        breakEvenMs: breakEven,
      });
      expect(kept).toBeGreaterThan(breakEven * 0.8);
      expect(kept).toBeLessThan(breakEven * 1.25);
      expect(reason).toEqual({ basis: "break-even", gaps: 0 });
    },
  );

  test("gaps like clockwork: until just beyond the period, if that pays", () => {
    const memory = remembering(["a", 10 * MINUTE, 50]);
    expect(keepMs(memory, 13 * MINUTE)).toBeGreaterThan(10 * MINUTE);
    expect(keepMs(memory, 13 * MINUTE)).toBeLessThan(15 * MINUTE);
    expect(keepMs(memory, 5 * MINUTE)).toBeLessThan(10 * SECOND);
    // Past the period nothing is known: as without evidence, for about the break-even time.
    expect(keepMs(memory, 5 * HOUR)).toBeGreaterThan(10 * MINUTE);
    expect(keepMs(memory, 5 * HOUR)).toBeLessThan(6 * HOUR);
  });

  test("gaps like clockwork, where a start in the background is cheaper than waiting: started again shortly before", () => {
    const memory = remembering(["a", 10 * MINUTE, 50]);
    const settings = { breakEvenMs: 15 * MINUTE, prewarmCost: 0.2 };
    const decision = decideKeepWarm(memory, "a", settings);
    expect(decision.prewarmAfterMs).toBeGreaterThan(5 * MINUTE);
    expect(decision.prewarmAfterMs).toBeLessThan(10 * MINUTE);
    expect(decision.keepMs).toBeGreaterThan(10 * MINUTE);
    // As dear as a start that is waited for: then it is kept.
    expect(
      decideKeepWarm(memory, "a", { ...settings, prewarmCost: 1 }),
    ).not.toHaveProperty("prewarmAfterMs");
    // Longer than anything may be kept, or than must be kept: neither.
    for (const limit of [
      { maxKeepMs: 5 * MINUTE },
      { minKeepMs: 1, maxKeepMs: 5 * MINUTE },
    ]) {
      const limited = decideKeepWarm(memory, "a", { ...settings, ...limit });
      expect(limited).not.toHaveProperty("prewarmAfterMs");
      expect(limited.keepMs).toBeLessThanOrEqual(5 * MINUTE);
    }
  });

  test("gaps of a day, or gaps that never end: let go within seconds", () => {
    for (const gapMs of [DAY, 30 * DAY, Infinity]) {
      const memory = remembering(["a", gapMs, 30]);
      expect(keepMs(memory, 10 * MINUTE)).toBeLessThan(10 * SECOND);
    }
  });

  test("gaps that never end are not taken for very long ones", () => {
    expect(keepMs(remembering(["a", 12 * DAY, 60]), 20 * DAY)).toBeGreaterThan(
      12 * DAY,
    );
    expect(keepMs(remembering(["a", Infinity, 60]), 20 * DAY)).toBeLessThan(
      2 * DAY,
    );
  });

  test("a key that changed its pace is followed, both ways", () => {
    const slower = remembering(["a", 10 * SECOND, 500], ["a", 10 * MINUTE, 60]);
    expect(keepMs(slower, HOUR)).toBeGreaterThan(10 * MINUTE);
    const quicker = remembering(
      ["a", 10 * MINUTE, 500],
      ["a", 10 * SECOND, 100],
    );
    expect(keepMs(quicker, 5 * MINUTE)).toBeGreaterThan(10 * SECOND);
    expect(keepMs(quicker, 5 * MINUTE)).toBeLessThan(MINUTE);
  });

  test("each key by its own gaps, and one nobody knows by those of all", () => {
    const memory = newGapMemory();
    for (let n = 0; n < 60; n++) {
      observeGap(memory, "quick", 20 * SECOND);
      observeGap(memory, "slow", 12 * HOUR);
    }
    const decide = (key: string) =>
      decideKeepWarm(memory, key, { breakEvenMs: 5 * MINUTE });
    expect(decide("quick").keepMs).toBeGreaterThan(20 * SECOND);
    expect(decide("quick").keepMs).toBeLessThan(2 * MINUTE);
    expect(decide("slow").keepMs).toBeLessThan(10 * SECOND);
    expect(decide("quick").reason).toEqual({ basis: "own gaps", gaps: 60 });
    expect(decide("new").reason).toEqual({ basis: "all keys", gaps: 120 });
  });

  test("what follows a short gap differs from what follows a long one", () => {
    const memory = newGapMemory();
    for (let n = 0; n < 100; n++) {
      observeGap(memory, "a", 5 * HOUR);
      if (n === 99) break;
      observeGap(memory, "a", 10 * SECOND);
    }
    expect(keepMs(memory, 2 * MINUTE)).toBeGreaterThanOrEqual(10 * SECOND);
    observeGap(memory, "a", 10 * SECOND);
    expect(keepMs(memory, 2 * MINUTE)).toBeLessThan(10 * SECOND);
  });

  test("keys that stopped coming count against waiting for others like them", () => {
    const memory = newGapMemory();
    for (let n = 0; n < 1_000; n++) observeGap(memory, `key-${n}`, 2 * HOUR);
    const before = keepMs(memory, 3 * HOUR, "new");
    observeOpenGaps(
      memory,
      Array.from({ length: 10_000 }, (_, n) => [`gone-${n}`, 5 * DAY] as const),
    );
    expect(before).toBeGreaterThan(2 * HOUR);
    expect(keepMs(memory, 3 * HOUR, "new")).toBeLessThan(2 * HOUR);
  });

  test("a dearer start is waited for longer, a larger process less long", () => {
    const price = { idleMsPerStartMs: 600, referenceMb: 100 };
    const of = (startCostMs: number, memoryMb: number): number =>
      breakEvenMs({ startCostMs, memoryMb }, price);
    expect(of(1_000, 100)).toBe(10 * MINUTE);
    expect(of(2_000, 100)).toBe(20 * MINUTE);
    expect(of(1_000, 200)).toBe(5 * MINUTE);
    expect(of(1_000, 0)).toBe(1_000 * MINUTE);
  });
});

describe("whatever is observed,", () => {
  const gap = fc.oneof(
    fc.double({ min: 0, max: 40 * DAY, noNaN: true }),
    fc.constantFrom(
      Number.NaN,
      -1,
      -Infinity,
      Infinity,
      0,
      -0,
      Number.MIN_VALUE,
      Number.MAX_VALUE,
    ),
  );
  const gaps = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), gap), {
    maxLength: 300,
  });

  test("a decision is finite and within the limits", () => {
    fc.assert(
      fc.property(
        gaps,
        fc.double({ min: 0, max: 10 * DAY, noNaN: true }),
        fc.integer({ min: 0, max: HOUR }),
        fc.integer({ min: 0, max: DAY }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true }), {
          nil: undefined,
        }),
        (seen, breakEven, minKeepMs, more, prewarmCost) => {
          const memory = newGapMemory();
          for (const [key, gapMs] of seen) observeGap(memory, key, gapMs);
          const limits = { minKeepMs, maxKeepMs: minKeepMs + more };
          for (const key of ["a", "d"]) {
            const decision = decideKeepWarm(memory, key, {
              breakEvenMs: breakEven,
              ...limits,
              ...(prewarmCost === undefined ? {} : { prewarmCost }),
            });
            expect(decision.keepMs).toBeGreaterThanOrEqual(limits.minKeepMs);
            expect(decision.keepMs).toBeLessThanOrEqual(limits.maxKeepMs);
            const { prewarmAfterMs = 0 } = decision;
            expect(prewarmAfterMs).toBeGreaterThanOrEqual(0);
            expect(prewarmAfterMs).toBeLessThanOrEqual(decision.keepMs);
          }
        },
      ),
    );
  });

  test("a price that is no price keeps nothing, or what must be kept", () => {
    for (const price of [Number.NaN, -1, 0, -Infinity]) {
      const settings = { breakEvenMs: price };
      expect(decideKeepWarm(newGapMemory(), "a", settings).keepMs).toBe(0);
      expect(
        decideKeepWarm(newGapMemory(), "a", { ...settings, minKeepMs: 5 }),
      ).toMatchObject({ keepMs: 5 });
    }
    expect(
      decideKeepWarm(newGapMemory(), "a", { breakEvenMs: Infinity }).keepMs,
    ).toBeLessThan(15 * DAY);
  });

  test("what is no time changes nothing", () => {
    const memory = remembering(["a", MINUTE, 20]);
    const before = serialize(memory).byteLength;
    const kept = keepMs(memory, HOUR);
    for (const nonsense of [Number.NaN, -1, -Infinity])
      observeGap(memory, "b", nonsense);
    observeOpenGaps(memory, [["a", Number.NaN]]);
    expect(memory.seen).toBe(20);
    expect(memory.keys.has("b")).toBe(false);
    expect(keepMs(memory, HOUR)).toBe(kept);
    expect(serialize(memory).byteLength).toBeLessThan(before + 2_000);
  });

  test("the same gaps give the same decisions", () => {
    fc.assert(
      fc.property(gaps, (seen) => {
        const [one, other] = [newGapMemory(), newGapMemory()];
        for (const [key, gapMs] of seen) {
          observeGap(one, key, gapMs);
          observeGap(other, key, gapMs);
          // Asking changes nothing.
          decideKeepWarm(other, key, { breakEvenMs: MINUTE });
        }
        for (const key of ["a", "b", "d"])
          expect(keepMs(one, HOUR, key)).toBe(keepMs(other, HOUR, key));
      }),
    );
  });

  test("memory does not grow with gaps, and not without end with keys", () => {
    const chance = seeded(7);
    const memory = newGapMemory();
    const observe = (times: number, keys: number): number => {
      for (let n = 0; n < times; n++)
        observeGap(
          memory,
          `key-${Math.floor(chance() * keys)}`,
          10 ** (9 * chance()),
        );
      return serialize(memory).byteLength;
    };
    const early = observe(10_000, 50);
    expect(observe(90_000, 50)).toBeLessThan(early * 1.05);
    expect(early).toBeLessThan(50 * 5_000 + 10_000);
    observe(20_000, 20_000);
    expect(memory.keys.size).toBe(2048);
  });
});
