import { describe, expect, test } from "bun:test";
import type { DeadlineLearner } from "../../orchestrator/learning/deadline-learner.ts";
import type { KindTimeouts } from "../../flow-balancer/core/timeout-stats.ts";
import { timeoutWords } from "../../orchestrator/learning/timeout-words.ts";
import { learned, logNormal, run, times } from "./deadline-runs.ts";

function statsOf(learner: DeadlineLearner, kind = "build"): KindTimeouts {
  const [stats, ...more] = learner.summary(kind);
  if (stats === undefined || more.length > 0) throw new Error("not one row");
  return stats;
}

test("a row a kind, by name; none for a kind nobody ran", () => {
  const learner = learned([run({ kind: "test" }), run(), run()]);
  expect(learner.summary().map(({ kind, n }) => [kind, n])).toEqual([
    ["build", 2],
    ["test", 1],
  ]);
  expect(learner.summary("deploy")).toEqual([]);
});

test("the times that runs took, the limit of the bucket that ran most often, and the buckets by how often", () => {
  const learner = learned([
    ...times(50, { bucket: "small", runMs: 1_000 }),
    ...times(150, { bucket: "large", runMs: 9_000 }),
    run({ bucket: "large", state: "timed_out", runMs: 20_000 }),
    run({ bucket: "large", state: "failed", runMs: 1 }),
  ]);
  const stats = statsOf(learner);
  expect(stats).toMatchObject({ n: 200, timeouts: 1, bucket: "large" });
  expect(stats.limit).toEqual(learner.limit("build", "large"));
  expect(stats.p50Ms).toBeWithin(8_900, 9_100);
  expect(stats.p99Ms).toBeWithin(8_900, 9_100);
  expect(stats.simpleRuleMs).toBeWithin(13_300, 13_700);
  expect(
    stats.buckets.map(({ bucket, n, p50Ms, limit }) => ({
      bucket,
      n,
      p50Ms,
      limit,
    })),
  ).toEqual([
    {
      bucket: "large",
      n: 150,
      p50Ms: 9_000,
      limit: learner.limit("build", "large"),
    },
    {
      bucket: "small",
      n: 50,
      p50Ms: 1_000,
      limit: learner.limit("build", "small"),
    },
  ]);
});

test("the simple rule says 300 s up to the 20th run", () => {
  expect(statsOf(learned(times(19))).simpleRuleMs).toBe(300_000);
  expect(statsOf(learned(times(20))).simpleRuleMs).toBeWithin(7_400, 7_600);
});

describe("what today's limit would have ended, of the runs that are remembered:", () => {
  const ms = logNormal(3, 5_000, 1);
  const runTimes = Array.from({ length: 1_000 }, ms);
  const longerThan = (limitMs: number) =>
    runTimes.slice(-256).filter((it) => Math.fround(it) > limitMs).length;

  test("those longer than the first limit where there are no signs of life", () => {
    const learner = learned(runTimes.map((runMs) => run({ runMs })));
    const { wouldHaveKilled, limit } = statsOf(learner);
    expect(wouldHaveKilled).toEqual({
      runs: longerThan(limit.softMs),
      of: 256,
    });
    expect(wouldHaveKilled.runs).toBeGreaterThan(0);
  });

  test("those longer than the last limit where most give them", () => {
    const learner = learned(
      runTimes.map((runMs) => run({ runMs, hasBeats: true })),
    );
    const { wouldHaveKilled, limit } = statsOf(learner);
    expect(longerThan(limit.softMs)).toBeGreaterThan(0);
    expect(wouldHaveKilled).toEqual({ runs: longerThan(limit.maxMs), of: 256 });
  });

  test("all buckets together", () => {
    const learner = learned([
      ...times(60, { bucket: "a" }),
      ...times(300, { bucket: "b" }),
    ]);
    expect(statsOf(learner).wouldHaveKilled).toEqual({ runs: 0, of: 316 });
  });
});

describe("how sure, in words:", () => {
  test.each([
    [times(1), "1 run, not enough: the default decides"],
    [times(9), "9 runs, not enough: the default decides"],
    [times(12), "12 runs, not enough to go by alone"],
    [
      times(60),
      "60 runs, thin: it takes 100 to see one in 100; 0 longer than the limit of their time (aim 1 %)",
    ],
    [
      [...times(199), run({ runMs: 50_000 })],
      "200 runs; 1 longer than the limit of their time (aim 1 %), 0.5 %",
    ],
    [
      times(60, { hasBeats: true }),
      "60 runs; 0 longer than the limit of their time (aim 2 %), 0 %",
    ],
  ])("%#", (runs, words) => {
    expect(statsOf(learned(runs)).sure).toBe(words);
  });

  test("a bucket that has few runs beside a kind that has many", () => {
    const { buckets } = statsOf(
      learned([
        ...times(40, { runMs: 600_000 }),
        ...times(3, { bucket: "new" }),
      ]),
    );
    expect(buckets[1]?.sure).toBe(
      "3 runs, not enough: 43 runs of the kind decide",
    );
  });
});

describe("lines for a person:", () => {
  test("a kind of one bucket", () => {
    expect(
      timeoutWords(
        statsOf(learned([...times(100), run({ state: "timed_out" })])),
      ),
    ).toMatchObject([
      "build: 100 runs completed, 1 timeout; half within 4.97 s, 95 % within 4.97 s, 99 % within 4.97 s",
      expect.stringMatching(
        /^ {2}ends after [\d.]+ s, with signs of life after [\d.]+ s \(by its own runs\); how sure: 100 runs; /,
      ),
      "  of 100 remembered healthy runs, today's limits would have ended 0",
      expect.stringMatching(/^ {2}the simple rule would say 7\.\d+ s$/),
    ]);
  });

  test("of several, a line each", () => {
    const learner = learned([
      ...times(30, { bucket: "git status" }),
      ...times(20),
    ]);
    const lines = timeoutWords(statsOf(learner));
    expect(lines.length).toBe(6);
    expect(lines[1]).toStartWith("  most often git status; ends after");
    expect(lines[4]).toStartWith("  git status: ends after");
    expect(lines[5]).toStartWith("  (no bucket): ends after");
  });

  test("one that has only ever timed out", () => {
    const [head, , killed] = timeoutWords(
      statsOf(learned([run({ state: "timed_out" })])),
    );
    expect(head).toBe("build: 0 runs completed, 1 timeout");
    expect(killed).toContain("of 0 remembered healthy runs");
  });
});
