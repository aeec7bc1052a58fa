import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { replayRouter } from "../../orchestrator/routing/replay-router.ts";
import { gainCurve } from "../../orchestrator/routing/replay-router-curve.ts";
import {
  noisyCheck,
  learnedRule,
} from "../../orchestrator/routing/replay-router-rules.ts";
import { traced } from "./router-fixtures.ts";

const solved = (weak: boolean, strong: boolean) => ({ weak, strong });
const ONLY_STRONG = solved(false, true);
const BOTH = solved(true, true);

describe("the gain curve", () => {
  test("is what it is by hand", () => {
    const tasks = [ONLY_STRONG, ONLY_STRONG, BOTH, BOTH];
    // All gain in the first half: 0 to 1 there, 1 thereafter.
    expect(gainCurve(tasks, [4, 3, 2, 1])).toEqual({
      apgr: 0.75,
      cpt50: 0.25,
      cpt80: 0.4,
    });
    expect(gainCurve(tasks, [1, 2, 3, 4])).toEqual({
      apgr: 0.25,
      cpt50: 0.75,
      cpt80: 0.9,
    });
    // One after the other of equals would be a choice the scores did not make.
    expect(gainCurve(tasks, [1, 1, 1, 1])).toEqual({
      apgr: 0.5,
      cpt50: 0.5,
      cpt80: 0.8,
    });
    expect(gainCurve([BOTH, BOTH], [1, 2]).apgr).toBeNull();
    expect(gainCurve([solved(true, false)], [1]).apgr).toBeNull();
  });

  test("depends on the order of the scores alone, and turns round with them", () => {
    const rows = fc.array(
      fc.tuple(fc.boolean(), fc.boolean(), fc.integer({ min: 0, max: 20 })),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(rows, (of) => {
        const tasks = of.map(([weak, strong]) => solved(weak, strong));
        const scores = of.map(([, , score]) => score);
        const { apgr } = gainCurve(tasks, scores);
        const scaled = gainCurve(
          tasks,
          scores.map((it) => it ** 3 + 1),
        );
        expect(scaled.apgr).toBe(apgr);
        const turned = gainCurve(
          tasks,
          scores.map((it) => -it),
        );
        if (apgr !== null) expect(turned.apgr! + apgr).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe("the replay of a trace", () => {
  const report = replayRouter(traced(1_200, 7));
  const rule = (name: string) =>
    report.lived.map(({ rules }) => rules.find((it) => it.rule === name)!);

  test("tells by the words what the type alone cannot, also in types it never saw", () => {
    const [longest, type, ours] = report.half.rules.map((it) => it.apgr!.mean);
    expect(ours).toBeGreaterThan(type! + 0.1);
    expect(type).toBeGreaterThan(longest!);
    const out = report.types_left_out!.rules.map((it) => it.apgr!.mean);
    expect(out[1]).toBeCloseTo(0.5, 9);
    expect(out[2]).toBeGreaterThan(0.6);
    expect(report.targets.apgr).toBe(ours!);
  });

  test("has its regret fall, and comes near the best of each type in hindsight or above", () => {
    const { regret, least_accuracy_after_200: after } = report.targets;
    expect(regret.at(-1)).toBeLessThan(regret[0]!);
    expect(after).toBeGreaterThan(0.96);
    for (const [at, ours] of rule("ours").entries())
      expect(ours.utility).toBeGreaterThan(rule("at random")[at]!.utility);
  });

  test("counts calls and costs of whoever was asked", () => {
    for (const [at, { strong_cost: cost }] of report.lived.entries()) {
      expect(rule("always strong")[at]!.cost).toBeCloseTo(cost, 9);
      expect(rule("always weak")[at]!.cost).toBeCloseTo(cost / 10, 9);
      expect(rule("always strong")[at]!.right).toBeCloseTo(
        report.strong_right,
        9,
      );
      expect(rule("ours")[at]!.calls).toBe(1);
      const next = rule("ours, next one if it failed")[at]!;
      expect(next.calls).toBeGreaterThan(1);
      expect(next.right).toBeLessThanOrEqual(report.either_right);
      expect(next.utility).toBeGreaterThan(rule("ours")[at]!.utility);
    }
  });

  test("is the same each time", () => {
    const tasks = traced(300, 3);
    expect(replayRouter(tasks)).toEqual(replayRouter(tasks));
  });

  test("says nothing where there is nothing to say", () => {
    const one = traced(40, 5).map((task) => ({
      ...task,
      bucket: "same",
      weak: true,
      strong: true,
    }));
    const { types_left_out: out, half, targets } = replayRouter(one);
    expect(out).toBeNull();
    expect(half.rules.at(-1)!.apgr).toBeNull();
    expect(targets.apgr).toBeNull();
    expect(targets.least_accuracy_after_200).toBeNull();
  });

  test("chooses before it is told, and is told of its own choice only", () => {
    const ours = learnedRule(
      "ours",
      { weak: 0.1, strong: 0.2 },
      { kind: "task", hasCheck: false, seed: 1 },
    );
    const again = learnedRule(
      "ours",
      { weak: 0.1, strong: 0.2 },
      { kind: "task", hasCheck: false, seed: 1 },
    );
    for (const [at, task] of traced(100, 8).entries()) {
      const { weak: _, strong: __, ...seen } = task;
      const [choice] = ours.choose(seen, at);
      expect(again.choose(seen, at)).toEqual([choice!]);
      for (const it of [ours, again])
        it.learn(seen, choice!, task[choice!], true);
    }
  });
});

test("a check that is wrong one time in ten is", () => {
  const check = noisyCheck(0.1, 3);
  let wrong = 0;
  for (let at = 0; at < 5_000; at++)
    if (check(at % 2 === 0) !== (at % 2 === 0)) wrong++;
  expect(Math.abs(wrong / 5_000 - 0.1)).toBeLessThan(0.02);
});
