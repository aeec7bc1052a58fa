import { describe, expect, test } from "bun:test";
import { replayGranularity } from "../../orchestrator/learning/replay-granularity.ts";
import {
  itemsOf,
  jobsOf,
} from "../../orchestrator/learning/replay-granularity-jobs.ts";
import { durationsOf } from "./granularity-durations.ts";

const KEYS = new Map([
  ["even", durationsOf({ count: 1_500, seed: 1, deviation: 0.05 })],
  ["varied", durationsOf({ count: 2_500, seed: 2, deviation: 1 })],
  ["short", durationsOf({ count: 120, seed: 3, deviation: 0.5 })],
  ["few", durationsOf({ count: 99, seed: 4, deviation: 0.5 })],
  ["idle", Array.from({ length: 2_000 }, () => 0)],
]);
const REPORT = replayGranularity(KEYS);
const [shuffled, recorded] = REPORT.orders;
const ruleOf = (rule: string, order = shuffled) => {
  const found = order?.rules.find((it) => it.rule === rule);
  if (found === undefined) throw new Error(`there is no rule ${rule}`);
  return found;
};

describe("replayGranularity", () => {
  test("counts what it replays and what it leaves out", () => {
    expect(shuffled).toMatchObject({
      order: "shuffled",
      keys: 3,
      left_out: 2,
      // 3 keys x 4 jobs x 2 worker counts x 4 overheads
      cases: 96,
    });
    expect(recorded).toMatchObject({
      order: "recorded",
      keys: 2,
      left_out: 3,
      // 1 job of `even` and 2 of `varied`
      cases: 24,
    });
  });

  test("of more keys than it has time for, looks at some at random, the same ones in any order", () => {
    const [one] = replayGranularity(KEYS, 2).orders;
    const [other] = replayGranularity(
      new Map([...KEYS].toReversed()),
      2,
    ).orders;
    expect(one).toMatchObject({
      keys: 2,
      left_out: 2,
      not_looked_at: 1,
      cases: 64,
    });
    expect(other?.rules.map(({ worst }) => worst)).toEqual(
      one?.rules.map(({ worst }) => worst) ?? [],
    );
    expect(shuffled?.not_looked_at).toBe(0);
  });

  test("no rule with a size for the whole job does better than the best of them", () => {
    for (const rule of [
      "25 chunks",
      "100 chunks",
      "200 chunks",
      "300 chunks",
      "one item a chunk",
      "Kruskal-Weiss",
    ])
      for (const order of REPORT.orders)
        for (const ratio of ruleOf(rule, order).by_overhead)
          expect(ratio).toBeGreaterThanOrEqual(1 - 1e-9);
  });

  test("on durations as they may be recorded it meets what it is for, and fixed counts do not", () => {
    const learning = ruleOf("learning");
    expect(learning.geometric_mean).toBeLessThanOrEqual(1.01);
    expect(learning.p95).toBeLessThanOrEqual(1.1);
    expect(ruleOf("200 chunks").geometric_mean).toBeGreaterThan(1.1);
    expect(ruleOf("200 chunks").p95).toBeGreaterThan(1.5);
  });

  test("the first job of a kind costs more than the later ones", () => {
    const [first, ...later] = (shuffled?.learning_by_job ?? []).map(
      (it) => it.geometric_mean,
    );
    expect(later).toHaveLength(3);
    for (const mean of later) expect(mean).toBeLessThan(first ?? 0);
  });

  test("the same durations give the same report", () => {
    expect(replayGranularity(KEYS)).toEqual(REPORT);
  });
});

describe("jobs", () => {
  const durations = [...Array(150).keys()].map((it) => it + 1);

  test("shuffled: the durations in turn, from the first again after the last", () => {
    const source = { key: "k", durations, order: "shuffled" } as const;
    const items = itemsOf(source, 0);
    expect(items).toHaveLength(1_200);
    const counts = new Map<number, number>();
    for (const ms of items) counts.set(ms, (counts.get(ms) ?? 0) + 1);
    expect(new Set(counts.values())).toEqual(new Set([8]));
    expect([...items]).not.toEqual([...itemsOf(source, 1)]);
    expect([...items]).toEqual([...itemsOf(source, 0)]);
  });

  test("recorded: in a row, none twice", () => {
    const many = [...Array(2_400).keys()];
    const source = { key: "k", durations: many, order: "recorded" } as const;
    expect(jobsOf(source)).toBe(2);
    expect([...itemsOf(source, 1)]).toEqual(many.slice(1_200));
  });
});
