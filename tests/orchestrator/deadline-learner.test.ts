import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  anyHistory,
  anyRun,
  BUCKETS,
  KINDS,
  learned,
  logNormal,
  OPTIONS,
  run,
  times,
} from "./deadline-runs.ts";
import {
  DeadlineLearner,
  type ObservedRun,
} from "../../orchestrator/learning/deadline-learner.ts";

const EVERYWHERE = [...KINDS, "never seen"].flatMap((kind) =>
  [...BUCKETS, "never seen"].map((bucket) => [kind, bucket] as const),
);

const limitsOf = (learner: DeadlineLearner) =>
  EVERYWHERE.map(([kind, bucket]) => learner.limit(kind, bucket));

const TEN = Array.from({ length: 10 }, (_, at) => `of ten ${at}`);

describe("who decides:", () => {
  test("nobody, while fewer than 20 runs of anything are known", () => {
    const limit = { softMs: 300_000, maxMs: 1_200_000, basis: "default" };
    expect(learned([]).limit("build", "")).toMatchObject({ ...limit, n: 0 });
    expect(learned(times(9)).limit("build", "")).toMatchObject({
      ...limit,
      n: 9,
    });
    expect(learned(times(19)).limit("test", "")).toMatchObject(limit);
  });

  test("its own runs, as soon as there are enough; few of them are blended with what holds for others", () => {
    const few = learned(times(12)).limit("build", "");
    const many = learned(times(60)).limit("build", "");
    expect(few).toMatchObject({ basis: "own_runs", n: 12 });
    expect(many).toMatchObject({ basis: "own_runs", n: 60 });
    expect(few.softMs).toBeWithin(15_000, 100_000);
    expect(many.softMs).toBeWithin(5_001, 15_000);
  });

  test("many buckets for a new one of their kind, many kinds for a new kind", () => {
    const learner = learned([
      ...TEN.flatMap((bucket) => times(3, { bucket, runMs: 1_000 })),
      ...TEN.flatMap((kind) => times(4, { kind, runMs: 60_000 })),
    ]);
    const bucket = learner.limit("build", "large");
    const kind = learner.limit("deploy", "");
    expect(bucket).toMatchObject({ basis: "kind", n: 30 });
    expect(bucket.softMs).toBeWithin(1_000, 10_000);
    expect(kind).toMatchObject({ basis: "all_kinds", n: 70 });
    expect(kind.softMs).toBeWithin(60_001, 299_999);
  });

  test("what is configured for a new one beside few others, however often those ran, unless they take longer", () => {
    const brief = learned(times(200, { bucket: "status", runMs: 1 }));
    const configured = { softMs: 300_000, basis: "default", n: 200 };
    for (const learner of [
      brief,
      DeadlineLearner.restore(OPTIONS, brief.snapshot()),
    ]) {
      expect(learner.limit("build", "all")).toMatchObject(configured);
      expect(learner.limit("deploy", "")).toMatchObject(configured);
    }
    const long = learned(times(200, { bucket: "status", runMs: 900_000 }));
    expect(long.limit("build", "all").basis).toBe("kind");
    expect(long.limit("build", "all").softMs).toBeGreaterThan(900_000);
  });

  test("the one that was not seen for the longest is forgotten", () => {
    const bounded = { ...OPTIONS, maxKeys: 2 };
    const learner = learned(
      [
        ...times(60, { bucket: "a" }),
        ...times(60, { bucket: "b" }),
        run({ bucket: "a" }),
        run({ bucket: "c" }),
      ],
      bounded,
    );
    expect(learner.limit("build", "a").basis).toBe("own_runs");
    expect(learner.limit("build", "b").basis).toBe("default");
    expect(learner.snapshot().buckets.map(({ bucket }) => bucket)).toEqual([
      "a",
      "c",
    ]);
  });
});

describe("what it learns from:", () => {
  test.each(["failed", "cancelled", "poisoned", "unknown_outcome"] as const)(
    "not from what ended %s, however soon or late",
    (state) => {
      const learner = learned([
        ...times(60),
        ...times(60, { state, runMs: 1 }),
        ...times(60, { state, runMs: 1e6 }),
      ]);
      expect(learner.snapshot()).toEqual(learned(times(60)).snapshot());
    },
  );

  test.each([null, Number.NaN, -1, Infinity])(
    "not from a run time of %p",
    (runMs) => {
      expect(learned([run({ runMs })]).snapshot()).toEqual(
        learned([]).snapshot(),
      );
    },
  );

  test("a timeout is neither dropped nor taken for a run of that length", () => {
    const timeouts = times(5, { state: "timed_out", runMs: 6_000 });
    const healthy = learned(times(100)).limit("build", "").softMs;
    const dropped = learned(times(100));
    const taken = learned([...times(100), ...times(5, { runMs: 6_000 })]);
    const cutOff = learned([...times(100), ...timeouts]);
    expect(dropped.limit("build", "").softMs).toBe(healthy);
    expect(cutOff.limit("build", "").softMs).toBeGreaterThan(
      1.2 * taken.limit("build", "").softMs,
    );
    expect(cutOff.limit("build", "").n).toBe(100);
  });
});

test("a run that times out never shortens a limit, anywhere, whatever was seen before", () => {
  fc.assert(
    fc.property(
      anyHistory,
      fc.array(anyRun, { minLength: 1 }),
      (runs, more) => {
        const learner = learned(runs);
        for (const it of more) {
          const before = limitsOf(learner);
          learner.observe({ ...it, state: "timed_out" });
          for (const [at, { softMs, maxMs }] of limitsOf(learner).entries()) {
            expect(softMs).toBeGreaterThanOrEqual(before[at]!.softMs);
            expect(maxMs).toBeGreaterThanOrEqual(before[at]!.maxMs);
          }
        }
      },
    ),
    { numRuns: 60, seed: 1 },
  );
});

test("every limit is a whole number of ms between floor and cap, and the last is at least the first", () => {
  fc.assert(
    fc.property(anyHistory, (runs) => {
      for (const { softMs, maxMs } of limitsOf(learned(runs))) {
        expect(Number.isInteger(softMs)).toBe(true);
        expect(softMs).toBeGreaterThanOrEqual(OPTIONS.minMs);
        expect(maxMs).toBeGreaterThanOrEqual(softMs);
        expect(maxMs).toBeLessThanOrEqual(OPTIONS.maxMs);
      }
    }),
    { numRuns: 100, seed: 2 },
  );
});

test("the order of runs of different keys does not matter to keys that are judged by themselves", () => {
  const own = fc.array(fc.double({ min: 1, max: 1e5, noNaN: true }), {
    minLength: 50,
    maxLength: 90,
  });
  fc.assert(
    fc.property(own, own, fc.infiniteStream(fc.boolean()), (a, b, firsts) => {
      const ofA = a.map((runMs) => run({ runMs }));
      const ofB = b.map((runMs) => run({ kind: "test", runMs }));
      const mixed: ObservedRun[] = [];
      const left = [ofA.slice(), ofB.slice()] as const;
      while (left[0].length + left[1].length > 0) {
        const from = firsts.next().value ? 0 : 1;
        const next = left[from].shift() ?? left[1 - from]!.shift();
        if (next !== undefined) mixed.push(next);
      }
      const inTurn = learned([...ofA, ...ofB]);
      const atRandom = learned(mixed);
      for (const kind of ["build", "test"])
        expect(atRandom.limit(kind, "")).toEqual(inTurn.limit(kind, ""));
    }),
    { numRuns: 40, seed: 3 },
  );
});

test("the more misses are allowed, the shorter the limit", () => {
  const ms = logNormal(6, 5_000, 0.5);
  const runs = Array.from({ length: 400 }, () => run({ runMs: ms() }));
  const [few, some, many] = [2, 10, 100].map(
    (missesPerThousand) =>
      learned(runs, { ...OPTIONS, missesPerThousand }).limit("build", "")
        .softMs,
  );
  expect(few).toBeGreaterThan(some!);
  expect(some).toBeGreaterThan(many!);
});

test("asking changes nothing", () => {
  fc.assert(
    fc.property(anyHistory, (runs) => {
      const asked = new DeadlineLearner(OPTIONS);
      for (const it of runs) {
        asked.limit(it.kind, it.bucket);
        asked.limit("never seen", "");
        asked.observe(it);
      }
      asked.summary();
      expect(asked.snapshot()).toEqual(learned(runs).snapshot());
    }),
    { numRuns: 30, seed: 4 },
  );
});

describe("signs of life:", () => {
  const ms = logNormal(5, 5_000, 0.5);
  const runTimes = Array.from({ length: 400 }, ms);
  const withBeats = (hasBeats: boolean) =>
    learned(runTimes.map((runMs) => run({ runMs, hasBeats }))).limit(
      "build",
      "",
    );

  test("the first limit is shorter where most runs give them, since it ends only what is silent", () => {
    expect(withBeats(true).softMs).toBeLessThan(withBeats(false).softMs);
  });

  test("one that gives them may go on for four times the first limit, and no longer than the cap", () => {
    const { softMs, maxMs } = withBeats(true);
    expect(maxMs).toBe(4 * softMs);
    const capped = learned(times(60), { ...OPTIONS, maxMs: 7_000 });
    expect(capped.limit("build", "").maxMs).toBe(7_000);
  });
});

test("a run takes long that takes a quarter more than nineteen of twenty like it; of fewer than fifty nothing is said, nor by their kind", () => {
  const rising = Array.from({ length: 100 }, (_, at) =>
    run({ bucket: "small", runMs: at + 1 }),
  );
  expect(learned(rising.slice(0, 49)).longRunMs("build", "small")).toBeNull();
  expect(learned(rising).longRunMs("build", "small")).toBe(1.25 * 95);
  expect(learned(rising).longRunMs("build", "large")).toBeNull();
  expect(learned(rising).longRunMs("test", "small")).toBeNull();
});
