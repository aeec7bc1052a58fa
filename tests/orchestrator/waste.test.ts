import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { JsonValue } from "../../flow-balancer/core/json.ts";
import { canonicalise } from "../../orchestrator/learning/canonical-result.ts";
import { novelties } from "../../orchestrator/learning/novelty.ts";
import { figuresOf } from "../../orchestrator/learning/replay-waste-auc.ts";
import { explainWaste, wasteOf } from "../../orchestrator/learning/waste.ts";
import { sureAbove } from "../../orchestrator/learning/waste-posterior.ts";

const forms = (...values: JsonValue[]) => values.map((it) => canonicalise(it));
const noveltyOf = (...values: JsonValue[]) =>
  novelties(forms(...values)).map(({ novelty }) => novelty);

const results = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 3 }),
    fc.array(fc.constantFrom("a", "b", "c")),
    fc.lorem({ maxCount: 20 }),
  ),
  { minLength: 2, maxLength: 6 },
);

describe("novelty", () => {
  test.each<[string, JsonValue[], number[]]>([
    ["answers: new or not", [7, 8, "A: 7", 9], [1, 1, 0, 1]],
    [
      "sets: the share of items no earlier one has",
      [["a"], ["b"], ["a", "b"], ["a", "c"]],
      [1, 1, 0, 0.5],
    ],
    ["an empty set adds nothing", [["a"], [] as string[]], [1, 0]],
    [
      "structures: what the nearest has not",
      [{ a: 1 }, { a: 2 }, { a: 1, b: 1 }],
      [1, 1, 0.5],
    ],
    ["other kinds than before", [7, ["a"], { a: 1 }], [1, 1, 1]],
  ])("%s", (_, values, expected) => {
    expect(noveltyOf(...values)).toEqual(expected);
  });

  test("says which earlier result is the nearest, and how it knows", () => {
    const found = novelties(forms(["a", "b"], ["c"], ["c", "d"], ["b", "a"]));
    expect(found.map(({ nearest }) => nearest)).toEqual([
      null,
      { at: 0, rung: "items" },
      { at: 1, rung: "items" },
      { at: 0, rung: "equal" },
    ]);
  });

  test("is within [0,1], and nothing for what was there, however many came between", () => {
    fc.assert(
      fc.property(results, (values) => {
        const found = noveltyOf(...values, ...values);
        for (const novelty of found) {
          expect(novelty).toBeGreaterThanOrEqual(0);
          expect(novelty).toBeLessThanOrEqual(1);
        }
        expect(found[0]).toBe(1);
        expect(found.slice(values.length)).toEqual(values.map(() => 0));
      }),
      { seed: 1 },
    );
    const many = Array.from({ length: 500 }, (_, at) => at);
    expect(noveltyOf(...many, 0).at(-1)).toBe(0);
  });
});

describe("waste", () => {
  test("is the share of the cost that went into what was there", () => {
    const run = (values: JsonValue[], costs: number[]) => {
      const found = wasteOf(forms(...values), costs);
      return found.compared ? found.waste : null;
    };
    expect(run([7, 7], [1, 1])).toBe(0.5);
    expect(run([7, 7], [1, 3])).toBe(0.75);
    expect(run([7, 8], [1, 3])).toBe(0);
    expect(run([7, 7, 8], [0, 0, 0])).toBe(1 / 3);
    expect(run([7, 7], [1e308, 1e308])).toBe(0.5);
    expect(run([["a"], ["a", "b"]], [2, 2])).toBe(0.25);
  });

  test("is within [0,1], whatever the costs, and their unit makes no difference", () => {
    fc.assert(
      fc.property(
        results,
        fc.array(fc.nat(1_000), { minLength: 6, maxLength: 6 }),
        (values, prices) => {
          const costs = prices.slice(0, values.length);
          const found = wasteOf(forms(...values), costs);
          const inCents = wasteOf(
            forms(...values),
            costs.map((it) => it * 100),
          );
          if (!found.compared || !inCents.compared) throw new Error("two");
          expect(found.waste).toBeGreaterThanOrEqual(0);
          expect(found.waste).toBeLessThanOrEqual(1);
          expect(inCents.waste).toBeCloseTo(found.waste, 12);
        },
      ),
      { seed: 2 },
    );
  });

  test("there is no verdict on one result, or none", () => {
    expect(wasteOf([], [])).toEqual({ compared: false, results: 0 });
    expect(wasteOf(forms(7), [1])).toEqual({ compared: false, results: 1 });
    expect(explainWaste(wasteOf(forms(7), [1]))).toEqual([
      "one result: nothing to compare",
    ]);
  });

  test("is explained in short lines, shares rounded down", () => {
    expect(
      explainWaste(wasteOf(forms(["a"], ["a", "b", "c"]), [1, 2])),
    ).toEqual([
      "22 % of the cost went into what an earlier result had already said",
      "result 1: the first",
      "result 2: 66 % new; nearest is result 1 (items)",
    ]);
  });

  test.each([
    [[1], "2 results, but 1 costs"],
    [[1, -1], "cost 2 is -1"],
    [[NaN, 1], "cost 1 is NaN"],
    [[1, Infinity], "cost 2 is Infinity"],
  ])("costs %j are refused", (costs, says) => {
    const run = () => wasteOf(forms(7, 8), costs);
    expect(run).toThrow(BalancerError);
    expect(run).toThrow(says);
  });
});

test("how sure a share is above a threshold: the tail of the Beta distribution", () => {
  // Beta(1,1), Beta(2,1): x, x^2. Beta(3,2): 4 x^3 - 3 x^4.
  expect(sureAbove({ idle: 0, gained: 0 }, 0.3)).toBeCloseTo(0.7, 12);
  expect(sureAbove({ idle: 1, gained: 0 }, 0.3)).toBeCloseTo(0.91, 12);
  expect(sureAbove({ idle: 2, gained: 1 }, 0.5)).toBeCloseTo(11 / 16, 12);
  expect(sureAbove({ idle: 9, gained: 1 }, 0)).toBe(1);
  expect(sureAbove({ idle: 9, gained: 1 }, 1)).toBe(0);
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 500, noNaN: true }),
      fc.double({ min: 0, max: 500, noNaN: true }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (idle, gained, at) => {
        const sure = sureAbove({ idle, gained }, at);
        expect(sure).toBeGreaterThanOrEqual(-1e-9);
        expect(sure).toBeLessThanOrEqual(1 + 1e-9);
        const mirrored = sureAbove({ idle: gained, gained: idle }, 1 - at);
        expect(sure + mirrored).toBeCloseTo(1, 8);
      },
    ),
    { seed: 3 },
  );
});

test("AUC counts ties half; recall at 2 % takes the best threshold there is", () => {
  const pairs = (scores: number[], redundant: boolean) =>
    scores.map((score) => ({ score, redundant }));
  const found = figuresOf(
    [...pairs([0.9, 0.6, 0.5, 0.5], true), ...pairs([0.5, 0.1], false)],
    0.6,
  );
  // Of 8 pairs of pairs: 6 right, 2 ties.
  expect(found).toEqual({
    auc: 7 / 8,
    threshold: 0.6,
    recall: 0.5,
    false_positive_rate: 0,
    recall_at_2_percent: 0.5,
  });
  expect(figuresOf(pairs([1], true), 0.6)).toMatchObject({
    auc: null,
    false_positive_rate: null,
  });
});
