import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { hybridHistogramPolicy } from "../../orchestrator/learning/hybrid-histogram.ts";
import {
  alwaysCold,
  alwaysWarm,
  fixedPolicy,
} from "../../orchestrator/learning/keep-warm-baselines.ts";
import {
  atEqualMemory,
  fixedCurve,
} from "../../orchestrator/learning/keep-warm-curve.ts";
import {
  type KeepWarmPolicy,
  learnedPolicy,
} from "../../orchestrator/learning/keep-warm-policy.ts";
import {
  type Arrival,
  orderTrace,
  type Trace,
} from "../../orchestrator/learning/trace-walk.ts";
import { simulateKeepWarm } from "../../orchestrator/learning/warm-simulator.ts";
import type { WarmWindow } from "../../orchestrator/learning/warm-window.ts";

const trace = (...tasks: readonly (readonly [string, number, number])[]) =>
  orderTrace(
    tasks.map(([key, atMs, durationMs]) => ({ key, atMs, durationMs })),
  );

/** Few values, so that tasks meet, overlap, and take no time. */
const traces = fc
  .array(
    fc.record({
      key: fc.constantFrom("a", "b"),
      atMs: fc.integer({ min: 0, max: 40 }).map((at) => at * 100),
      durationMs: fc.integer({ min: 0, max: 6 }).map((long) => long * 100),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map(orderTrace);

/** The same window for every process. */
const always = (window: WarmWindow): KeepWarmPolicy => ({
  ...fixedPolicy([0]),
  ended: () => [window],
});

const wholeOf = (replayed: Trace, policy: KeepWarmPolicy) =>
  simulateKeepWarm(replayed, policy).map(({ whole }) => whole);

/** How many tasks of each key ran at once at most, in all; counted pair by pair. */
function peaks({ arrivals }: Trace): number {
  const most = new Map<string, number>();
  for (const [index, arrival] of arrivals.entries()) {
    const running = (other: Arrival, at: number): boolean =>
      at < index &&
      other.key === arrival.key &&
      other.atMs + other.durationMs > arrival.atMs;
    const now = 1 + arrivals.filter(running).length;
    most.set(arrival.key, Math.max(most.get(arrival.key) ?? 0, now));
  }
  return [...most.values()].reduce((sum, peak) => sum + peak, 0);
}

describe("counted by hand:", () => {
  const replayed = trace(
    ["a", 0, 10],
    ["b", 5, 1],
    ["a", 15, 10],
    ["a", 20, 10],
    ["a", 130, 10],
  );
  test("a process is used again while it is kept, and idle time is what it waited", () => {
    // a: 10..15 used, 25 and 30 both idle to the limit of 20, then 140..150 to the end is beyond it.
    expect(wholeOf(replayed, fixedPolicy([20]))).toEqual([
      { cold: 4, warm: 1, prewarmed: 0, idleMs: 20 + 5 + 20 + 20 },
    ]);
    // The later of two idle processes is used; the other waits to the end, as b's does.
    expect(wholeOf(replayed, fixedPolicy([Infinity]))).toEqual([
      { cold: 3, warm: 2, prewarmed: 0, idleMs: 134 + 5 + 100 + 115 },
    ]);
  });

  test("what arrives exactly when a process is let go still finds it", () => {
    const two = trace(["a", 0, 10], ["a", 30, 10]);
    expect(wholeOf(two, fixedPolicy([19, 20])).map((it) => it.warm)).toEqual([
      0, 1,
    ]);
  });

  test("a prewarmed process is there from its start to its end, and its start is counted", () => {
    const window = { fromMs: 20, untilMs: 50 };
    const early = trace(["a", 0, 10], ["a", 25, 0]);
    const within = trace(["a", 0, 10], ["a", 40, 0]);
    const late = trace(["a", 0, 10], ["a", 90, 0]);
    expect(wholeOf(early, always(window))).toEqual([
      { cold: 2, warm: 0, prewarmed: 0, idleMs: 0 },
    ]);
    expect(wholeOf(within, always(window))).toEqual([
      { cold: 1, warm: 1, prewarmed: 1, idleMs: 10 },
    ]);
    expect(wholeOf(late, always(window))).toEqual([
      { cold: 2, warm: 0, prewarmed: 1, idleMs: 30 },
    ]);
  });

  test("a cold start takes the place of the process that was to be prewarmed", () => {
    const tasks = trace(["a", 0, 10], ["a", 25, 5], ["a", 40, 0]);
    expect(wholeOf(tasks, always({ fromMs: 20, untilMs: 50 }))).toEqual([
      { cold: 3, warm: 0, prewarmed: 0, idleMs: 0 },
    ]);
  });

  test("the later half counts what happens in it, after learning from the first", () => {
    const [outcome] = simulateKeepWarm(replayed, fixedPolicy([20]), 27);
    expect(outcome?.later).toEqual({
      cold: 1,
      warm: 0,
      prewarmed: 0,
      idleMs: 18 + 20,
    });
  });
});

describe("for every trace", () => {
  const policies = (): KeepWarmPolicy[] => [
    alwaysCold(),
    alwaysWarm(),
    fixedPolicy([100, 500]),
    learnedPolicy([
      { breakEvenMs: 1_000 },
      { breakEvenMs: 1_000, prewarmCost: 0.1 },
    ]),
    hybridHistogramPolicy([120_000]),
    always({ fromMs: 200, untilMs: 400 }),
  ];

  test("and every rule, each arrival is warm or cold, and none is both", () => {
    fc.assert(
      fc.property(traces, (replayed) => {
        for (const policy of policies())
          for (const { cold, warm, idleMs } of wholeOf(replayed, policy)) {
            expect(cold + warm).toBe(replayed.arrivals.length);
            expect(idleMs).toBeGreaterThanOrEqual(0);
            expect(cold).toBeGreaterThanOrEqual(peaks(replayed) > 0 ? 1 : 0);
          }
      }),
    );
  });

  test("never warm costs no memory, and ever warm starts as many as run at once", () => {
    fc.assert(
      fc.property(traces, (replayed) => {
        expect(wholeOf(replayed, alwaysCold())).toEqual([
          {
            cold: replayed.arrivals.length,
            warm: 0,
            prewarmed: 0,
            idleMs: 0,
          },
        ]);
        expect(wholeOf(replayed, alwaysWarm())[0]?.cold).toBe(peaks(replayed));
      }),
    );
  });

  test("a longer keep-alive time never has more cold starts, nor less idle time", () => {
    const times = [0, 50, 100, 101, 300, 700, 2_000, Infinity];
    fc.assert(
      fc.property(traces, (replayed) => {
        const outcomes = wholeOf(replayed, fixedPolicy(times));
        for (const [at, outcome] of outcomes.entries()) {
          const shorter = outcomes[at - 1] ?? outcome;
          expect(outcome.cold).toBeLessThanOrEqual(shorter.cold);
          expect(outcome.idleMs).toBeGreaterThanOrEqual(shorter.idleMs);
        }
      }),
    );
  });

  test("the curve of fixed times is what the simulator counts", () => {
    fc.assert(
      fc.property(
        traces,
        fc.integer({ min: 0, max: 4_000 }),
        (replayed, laterFromMs) => {
          const whole = fixedCurve(replayed);
          const later = fixedCurve(replayed, laterFromMs);
          const times = whole.map(({ keepMs }) => keepMs);
          const simulated = simulateKeepWarm(
            replayed,
            fixedPolicy(times),
            laterFromMs,
          );
          for (const [at, outcome] of simulated.entries()) {
            expect(whole[at]?.cold).toBe(outcome.whole.cold);
            expect(whole[at]?.idleMs).toBeCloseTo(outcome.whole.idleMs, 3);
          }
          for (const point of later) {
            const same = simulateKeepWarm(
              replayed,
              fixedPolicy([point.keepMs]),
              laterFromMs,
            )[0]?.later;
            expect(point.cold).toBe(same?.cold ?? -1);
            expect(point.idleMs).toBeCloseTo(same?.idleMs ?? -1, 3);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test("nothing is learned from what has not happened", () => {
    fc.assert(
      fc.property(traces, fc.integer({ min: 0, max: 39 }), (replayed, cut) => {
        const decisions = (arrivals: readonly Arrival[]): string[] => {
          const said: string[] = [];
          const policy = learnedPolicy([{ breakEvenMs: 1_000 }]);
          simulateKeepWarm(orderTrace(arrivals), {
            ...policy,
            ended(key, nowMs) {
              const windows = policy.ended(key, nowMs);
              said.push(`${nowMs} ${key} ${JSON.stringify(windows)}`);
              return windows;
            },
          });
          return said;
        };
        const untilMs = cut * 100;
        const before = (it: string): boolean => Number.parseInt(it) < untilMs;
        const seen = replayed.arrivals.filter(({ atMs }) => atMs < untilMs);
        expect(decisions(seen).filter(before)).toEqual(
          decisions(replayed.arrivals).filter(before),
        );
      }),
    );
  });
});

test("many keys, and many processes of one, are all counted", () => {
  const many = orderTrace(
    Array.from({ length: 5_200 }, (_, n) => ({
      key: n % 8 === 0 ? "busy" : `key-${n % 2_600}`,
      // All at once, twice.
      atMs: n < 2_600 ? 0 : 10_000,
      durationMs: 1_000,
    })),
  );
  const curve = fixedCurve(many).at(-1);
  expect(wholeOf(many, alwaysWarm())[0]).toMatchObject({
    cold: curve?.cold ?? -1,
    idleMs: curve?.idleMs ?? -1,
  });
  expect(curve?.cold).toBe(peaks(many));
});

test("a curve is read at its points, between them, and not beyond its ends", () => {
  const curve = [
    { keepMs: 0, cold: 100, idleMs: 0 },
    { keepMs: 10, cold: 60, idleMs: 200 },
    { keepMs: Infinity, cold: 20, idleMs: 400 },
  ];
  expect(atEqualMemory(curve, 0).cold).toBe(100);
  expect(atEqualMemory(curve, 50)).toEqual({
    keepMs: 2.5,
    cold: 90,
    idleMs: 50,
  });
  expect(atEqualMemory(curve, 200).cold).toBe(60);
  expect(atEqualMemory(curve, 300).cold).toBe(40);
  expect(atEqualMemory(curve, 1e9).cold).toBe(20);
  expect(atEqualMemory([], 5).cold).toBe(0);
});
