import { describe, expect, test } from "bun:test";
import {
  RetransmissionRule,
  SimpleRule,
  WindowConformalRule,
} from "../../orchestrator/learning/replay-timeouts-rules.ts";
import { RuleScore } from "../../orchestrator/learning/replay-timeouts-score.ts";
import { TimeoutsReplay } from "../../orchestrator/learning/replay-timeouts.ts";
import { logNormal } from "./deadline-runs.ts";

/** `keys` in turn, each with `runs` of run times, ms. */
function replayOf(
  keys: number,
  runs: number,
  msOf: (key: number, nth: number) => number,
): (rule: string) => ReturnType<RuleScore["report"]> {
  const replay = new TimeoutsReplay();
  for (let nth = 0; nth < runs; nth++)
    for (let key = 0; key < keys; key++)
      replay.add(`kind|${key}`, msOf(key, nth));
  const { rules } = replay.report();
  return (rule) => {
    const found = rules.find((it) => it.rule === rule);
    if (found === undefined) throw new Error(`no rule '${rule}'`);
    return found;
  };
}

describe("the rules it is held against:", () => {
  test("the simple rule: 300 s, and 1.5 x P95 from the 20th run on", () => {
    const rule = new SimpleRule(true);
    for (let nth = 1; nth <= 19; nth++) rule.saw(nth * 1_000, false);
    expect(rule.limitMs()).toBe(300_000);
    rule.saw(20_000, false);
    expect(rule.limitMs() / 28_500).toBeCloseTo(1, 1);
  });

  test("what it kills is in its history, or not", () => {
    const [sees, blind] = [new SimpleRule(true), new SimpleRule(false)];
    for (const rule of [sees, blind])
      for (let nth = 0; nth < 40; nth++)
        rule.saw(nth < 20 ? 1_000 : 9_000, nth >= 20);
    expect(sees.limitMs()).toBeGreaterThan(13_000);
    expect(blind.limitMs()).toBeLessThan(1_600);
  });

  test("TCP's: smoothed time and four deviations", () => {
    const rule = new RetransmissionRule();
    expect(rule.limitMs()).toBe(300_000);
    rule.saw(1_000);
    expect(rule.limitMs()).toBe(3_000);
    rule.saw(2_000);
    // Deviation 500 + (1,000 - 500) / 4, smoothed 1,000 + 1,000 / 8.
    expect(rule.limitMs()).toBe(1_125 + 4 * 625);
  });

  test("the window's order statistic, of the last 500", () => {
    const rule = new WindowConformalRule(0.01);
    expect(rule.limitMs()).toBe(300_000);
    for (let nth = 1; nth <= 50; nth++) rule.saw(nth);
    expect(rule.limitMs()).toBe(50);
    for (let nth = 1; nth <= 700; nth++) rule.saw(nth);
    // Of 201 to 700, the ceil(501 x 0.99) = 496th.
    expect(rule.limitMs()).toBe(696);
  });
});

describe("what is counted:", () => {
  test("a key's first ten runs apart, and every limit before the run is known", () => {
    const replay = new TimeoutsReplay();
    for (let nth = 0; nth < 10; nth++) replay.add("a", 400_000);
    for (let nth = 0; nth < 30; nth++) replay.add("a", 1_000);
    replay.add("a", 500_000);
    const { runs, keys, known_runs, rules } = replay.report();
    expect({ runs, keys, known_runs }).toEqual({
      runs: 41,
      keys: 1,
      known_runs: 31,
    });
    const fixed = rules.find(({ rule }) => rule === "fixed 300 s");
    expect(fixed).toMatchObject({
      killed: 1,
      killed_share: 1 / 31,
      cold_killed_share: 1,
      mean_limit_s: 300,
      keys_over: 0,
    });
    expect(fixed?.median_slack).toBeWithin(297, 303);
  });

  test("keys with at least 100 known runs of which more than 2 % are killed", () => {
    const score = new RuleScore("any");
    for (const [runs, killed] of [
      [100, 2],
      [100, 3],
      [99, 99],
      [200, 5],
    ] as const) {
      const key = score.newKey();
      for (let nth = 0; nth < runs; nth++)
        score.known(key, nth < killed ? 2 : 1, 1.5, 1.5);
    }
    expect(score.report(0.02)).toMatchObject({
      killed: 109,
      keys_over: 2,
      keys_over_share: 2 / 3,
    });
  });

  test("the most killed in any 100 known runs in a row", () => {
    const score = new RuleScore("any");
    const key = score.newKey();
    // 0, 50, 100: never all three within 100. 300 and 399 are.
    const killed = new Set([0, 50, 100, 300, 350, 399, 400]);
    for (let nth = 0; nth < 500; nth++)
      score.known(key, killed.has(nth) ? 2 : 1, 1.5, 1.5);
    expect(score.report(0.02)).toMatchObject({
      worst_100_p90: 3,
      worst_100_max: 3,
    });
  });

  test("over the first of two limits is not killed", () => {
    const score = new RuleScore("any");
    const key = score.newKey();
    for (const ms of [1, 3, 9]) score.known(key, ms, 2, 8);
    expect(score.report(0.02)).toMatchObject({
      killed: 1,
      over_first_share: 2 / 3,
      mean_limit_s: 0.002,
    });
  });

  test("of nothing, nothing", () => {
    const { rules, ...counts } = new TimeoutsReplay().report();
    expect(counts).toMatchObject({ runs: 0, keys: 0, known_runs: 0 });
    for (const it of rules)
      expect(it).toMatchObject({
        killed: 0,
        killed_share: null,
        keys_over_share: null,
        worst_100_p90: null,
        median_slack: null,
      });
  });
});

test("of a run that is killed, one is told how long it would have taken, and one only that it was longer", () => {
  const rule = replayOf(1, 120, (_, nth) => (nth === 60 ? 1e6 : 1_000));
  const full = rule("learned").mean_limit_s ?? Number.NaN;
  expect(full).toBeGreaterThan(500);
  expect(rule("learned, killed cut off").mean_limit_s).toBeWithin(1, full / 10);
});

describe("on made-up work, learned limits", () => {
  test("miss their target on none of heavy tails, and the simple rule does", () => {
    const ms = logNormal(1, 1_000, 1.5);
    const rule = replayOf(20, 400, () => ms());
    expect(rule("learned").killed_share).toBeWithin(0.001, 0.013);
    expect(rule("learned").keys_over_share).toBeLessThanOrEqual(0.05);
    expect(rule("simple rule").killed_share).toBeGreaterThan(0.02);
    expect(rule("simple rule, killed unseen").killed_share).toBeGreaterThan(
      0.05,
    );
    const [cutOff = Number.NaN, all = Number.NaN] = [
      "learned, killed cut off",
      "learned",
    ].map((name) => rule(name).killed_share ?? Number.NaN);
    expect(Math.abs(cutOff - all)).toBeLessThan(0.003);
    expect(rule("learned, signs of life").killed_share).toBeLessThan(0.005);
  });

  test("miss a few when all becomes longer, and the simple rule a hundred", () => {
    const ms = logNormal(2, 33_000, 0.05);
    const rule = replayOf(10, 600, (_, nth) => (nth < 400 ? 1 : 2.7) * ms());
    expect(rule("learned").worst_100_p90).toBeLessThanOrEqual(5);
    expect(rule("learned, killed cut off").worst_100_p90).toBeLessThanOrEqual(
      5,
    );
    expect(rule("learned, signs of life").worst_100_max).toBe(0);
    expect(rule("simple rule").worst_100_p90).toBeGreaterThan(20);
  });
});
