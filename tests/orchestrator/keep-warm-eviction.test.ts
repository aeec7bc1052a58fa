import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type EvictionPolicy,
  greedyDual,
  learnedEviction,
  leastRecentlyUsed,
} from "../../orchestrator/learning/eviction-baselines.ts";
import { simulateEviction } from "../../orchestrator/learning/eviction-simulator.ts";
import {
  newGapMemory,
  observeGap,
} from "../../orchestrator/learning/gap-memory.ts";
import { fixedCurve } from "../../orchestrator/learning/keep-warm-curve.ts";
import {
  orderTrace,
  type Trace,
} from "../../orchestrator/learning/trace-walk.ts";
import { whomToEvict } from "../../orchestrator/learning/warm-eviction.ts";
import {
  alike,
  bursty,
  drifting,
  periodic,
  poisson,
} from "./keep-warm-traces.ts";

const MINUTE = 60_000;

const candidate = (key: string, idleSinceMs: number, more: object = {}) => ({
  key,
  idleSinceMs,
  startCostMs: 100,
  memoryMb: 50,
  ...more,
});

describe("who goes, of those that are idle:", () => {
  const memory = newGapMemory();
  for (let n = 0; n < 50; n++) {
    observeGap(memory, "quick", 20_000);
    observeGap(memory, "slow", 600 * MINUTE);
    observeGap(memory, "hourly", 60 * MINUTE);
  }
  const now = 1_000 * MINUTE;

  test("who is needed again last, though it was used last", () => {
    const quick = candidate("quick", now - 15_000);
    const slow = candidate("slow", now - 1_000);
    expect(whomToEvict([quick, slow], now, memory)).toBe(slow);
    expect(whomToEvict([slow, quick], now, memory)).toBe(slow);
  });

  test("one that is due soon stays, one just used that is due in an hour goes", () => {
    const due = candidate("hourly", now - 55 * MINUTE);
    const used = candidate("hourly", now - MINUTE);
    expect(whomToEvict([due, used], now, memory)).toBe(used);
  });

  test("of equals, the cheaper to start and the larger go", () => {
    const one = candidate("hourly", now - MINUTE);
    const cheap = candidate("hourly", now - MINUTE, { startCostMs: 10 });
    const large = candidate("hourly", now - MINUTE, { memoryMb: 500 });
    expect(whomToEvict([one, cheap], now, memory)).toBe(cheap);
    expect(whomToEvict([one, large], now, memory)).toBe(large);
  });

  test("where nothing is known, the one idle longest", () => {
    const idle = [30, 50, 40].map((at) => candidate(`key-${at}`, now - at));
    expect(whomToEvict(idle, now, newGapMemory())).toBe(idle[1]);
  });

  test("always one of those that were named, whatever they say of themselves", () => {
    const number = fc.oneof(
      fc.double(),
      fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -1),
    );
    const named = fc.record({
      key: fc.constantFrom("quick", "slow", "new"),
      idleSinceMs: number,
      startCostMs: number,
      memoryMb: number,
    });
    fc.assert(
      fc.property(fc.array(named), number, (candidates, nowMs) => {
        const chosen = whomToEvict(candidates, nowMs, memory);
        if (candidates.length === 0) expect(chosen).toBeUndefined();
        else expect(candidates.includes(chosen!)).toBe(true);
      }),
    );
  });
});

describe("greedy-dual", () => {
  test("keeps what is used often, and forgets old fame as the clock moves", () => {
    const policy = greedyDual().newRoom();
    for (let n = 0; n < 5; n++) policy.used("often");
    policy.used("once");
    const often = candidate("often", 5);
    expect(policy.evict([often, candidate("once", 7)], 8)?.key).toBe("once");
    for (let n = 0; n < 10; n++) {
      policy.used(`new-${n}`);
      policy.evict([candidate(`new-${n}`, 10 + n)], 10 + n);
    }
    for (let n = 0; n < 4; n++) policy.used("now");
    expect(policy.evict([often, candidate("now", 31)], 32)?.key).toBe("often");
  });
});

const coldWith = (
  trace: Trace,
  policy: EvictionPolicy,
  ...rooms: readonly number[]
): number[] => simulateEviction(trace, policy, rooms).map(({ cold }) => cold);

const RULES: readonly (() => EvictionPolicy)[] = [
  leastRecentlyUsed,
  greedyDual,
  learnedEviction,
];

const tasks = fc
  .array(
    fc.record({
      key: fc.constantFrom("a", "b", "c", "d"),
      atMs: fc.integer({ min: 0, max: 60 }).map((at) => at * 100),
      durationMs: fc.integer({ min: 0, max: 5 }).map((long) => long * 100),
    }),
    { minLength: 1, maxLength: 50 },
  )
  .map(orderTrace);

describe("with room for so many processes", () => {
  test("a count by hand: two keys in turn in one place never meet a warm process, in two they do", () => {
    const inTurn = orderTrace(
      Array.from({ length: 10 }, (_, n) => ({
        key: n % 2 === 0 ? "a" : "b",
        atMs: n * 1_000,
        durationMs: 10,
      })),
    );
    for (const rule of RULES) {
      expect(coldWith(inTurn, rule(), 1, 2)).toEqual([10, 2]);
    }
  });

  test("more tasks at once than there is room run all the same, and leave nothing behind", () => {
    const crowded = orderTrace([
      { key: "a", atMs: 0, durationMs: 10 },
      { key: "b", atMs: 5, durationMs: 15 },
      { key: "a", atMs: 30, durationMs: 1 },
    ]);
    for (const rule of RULES)
      expect(coldWith(crowded, rule(), 1, 2)).toEqual([3, 2]);
  });

  test("no rule does better than all kept, nor differs from it where there is room for all", () => {
    fc.assert(
      fc.property(tasks, fc.integer({ min: 1, max: 6 }), (trace, room) => {
        const least = fixedCurve(trace).at(-1)?.cold ?? 0;
        for (const rule of RULES) {
          const [cold = 0, all] = coldWith(trace, rule(), room, 1_000);
          expect(cold).toBeGreaterThanOrEqual(least);
          expect(cold).toBeLessThanOrEqual(trace.arrivals.length);
          expect(all).toBe(least);
          // Rooms that are replayed together do not meet.
          expect(coldWith(trace, rule(), room)).toEqual([cold]);
        }
      }),
    );
  });

  const coldOf = (
    habit: (seed: number) => Trace,
    rule: () => EvictionPolicy,
  ): number[] => {
    const [one, other] = [1, 2].map((seed) =>
      coldWith(habit(seed), rule(), 4, 8, 16),
    );
    return one!.map((cold, at) => cold + other![at]!);
  };

  test.each([
    ["memoryless", poisson, 0.95],
    ["clockwork", periodic, 0.75],
    ["drifting", drifting, 0.96],
    ["bursty", bursty, 1.005],
    ["alike", alike, 1.02],
  ])("%s keys: fewer cold starts than LRU", (_, habit, most) => {
    const lru = coldOf(habit, leastRecentlyUsed);
    for (const [at, cold] of coldOf(habit, learnedEviction).entries())
      expect(cold / lru[at]!).toBeLessThan(most);
  });
});
