import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonValue } from "../../flow-balancer/core/json.ts";
import { canonicalise } from "../../orchestrator/learning/canonical-result.ts";
import {
  guessKind,
  type ResultKind,
} from "../../orchestrator/learning/result-kind.ts";

const KINDS: readonly ResultKind[] = ["answer", "set", "json", "patch", "text"];
const keyOf = (value: JsonValue, kind?: ResultKind) => {
  const { kind: found, key } = canonicalise(value, kind);
  return `${found} ${key}`;
};

describe("of what kind a value looks", () => {
  test.each<[JsonValue, ResultKind]>([
    [42, "answer"],
    [true, "answer"],
    ["42", "answer"],
    ["$1,200.00", "answer"],
    ["3 + 4 = 7 apples. So she has 7 apples.", "answer"],
    ["Reasons, and more of them.\n#### 7", "answer"],
    [["b", "a"], "set"],
    ['["b", "a"]', "set"],
    [[3, 1, 2], "json"],
    [{ a: 1 }, "json"],
    ['{"a": 1}', "json"],
    ['```json\n{"a": 1}\n```', "json"],
    [{ reasoning: "16 - 7", answer: 9 }, "answer"],
    [{ answer: 9, unit: "kg" }, "json"],
    [{ answer: [9] }, "json"],
    ["--- a/x.ts\n+++ b/x.ts\n@@ -1 +1 @@\n-a\n+b\n", "patch"],
    ["The parser fails on empty input, and so does the writer.", "text"],
    ["def f(x):\n  return x + 1", "text"],
    ["", "text"],
    [`${"[".repeat(70)}${"]".repeat(70)}`, "text"],
  ])("%j is %s", (value, kind) => {
    expect(guessKind(value)).toBe(kind);
  });
});

describe("the same results have the same key:", () => {
  test.each<[string, ResultKind | undefined, readonly JsonValue[]]>([
    [
      "numbers",
      "answer",
      [
        1200,
        "1,200",
        "$1,200.00",
        "1200 dollars.",
        "1.2 thousand dollars",
        "**1200**",
        "<<600*2=1200>>1200",
      ],
    ],
    [
      "answers in a structure",
      undefined,
      [
        { reasoning: "16 - 7", answer: 9 },
        '{"final_answer": "9.0", "steps": []}',
        '```json\n{"Answer": "9 apples"}\n```',
        "A: 9",
      ],
    ],
    ["numbers with zeros in front", "answer", [7, "007", "7.0"]],
    ["fractions", "answer", [0.75, "3/4", "\\frac{3}{4}", ".75"]],
    ["percentages", "answer", ["50%", "50 %", "50"]],
    [
      "choices",
      "answer",
      ["(B)", "b.", "B) Paris", "The answer is (B).", "Answer: B"],
    ],
    ["yes and no", "answer", [true, "yes", "Yes.", "true"]],
    [
      "ways of marking",
      undefined,
      [
        "A: 26",
        "2 x 13\n#### 26",
        "so it is \\boxed{26}",
        "The final answer is 26.",
        "The answer is $26, because:\n13 times 2 it is.",
      ],
    ],
    [
      "ways to get there",
      undefined,
      [
        "16 - 3 - 4 = 9, 9 * 2 = $18",
        "She has 9 eggs left.\nSo she makes 9 * 2 = $18 a day.",
      ],
    ],
    [
      "sets in any order",
      undefined,
      [["b", "a", "a"], ["a", "b"], '["a","b"]'],
    ],
    [
      "lines as a set",
      "set",
      ["x.ts\ny.ts", "y.ts\n\nx.ts\n", ["x.ts", "y.ts"]],
    ],
    [
      "keys in any order",
      undefined,
      [{ a: 1, b: [{ c: 2, d: 3 }] }, '{"b":[{"d":3,"c":2}],"a":1.0}'],
    ],
    [
      "white space and quotes of typesetting",
      undefined,
      [
        "It’s fine — said the  log,\nas ever before.",
        "It's fine - said the log, as ever before.",
      ],
    ],
    [
      "programs, comments apart",
      undefined,
      ["def f(x):\n  # add\n  return x + 1", "def f(x):\n  return x + 1"],
    ],
  ])("%s", (_, kind, values) => {
    expect(new Set(values.map((value) => keyOf(value, kind))).size).toBe(1);
  });

  test("patches, whatever their context and line numbers", () => {
    const one =
      "diff --git a/x.ts b/x.ts\n--- a/x.ts\t2026-01-01\n+++ b/x.ts\t2026-01-02\n@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n";
    const other =
      "--- x.ts\n+++ x.ts\n@@ -10,2 +12,2 @@ class A\n-b  \n+c\n z\n";
    expect(keyOf(one)).toBe(keyOf(other));
    expect(canonicalise(one).kind).toBe("patch");
  });

  test("a line taken out that looks like a head is a change", () => {
    const patch = (line: string) =>
      canonicalise(`--- a/x.sql\n+++ b/x.sql\n@@ -1 +1 @@\n-${line}\n+b\n`);
    expect(patch("-- old").key).not.toBe(patch("-- older").key);
    expect(patch("-- old").items?.[0]).toStartWith("x.sql#");
  });
});

describe("different results have different keys:", () => {
  test.each<[string, readonly JsonValue[]]>([
    ["numbers", ["A: 26", "A: 2.6", "A: -26", "A: 260", "A: 26 million"]],
    ["long numbers", ["A: 12345678901234567", "A: 12345678901234568"]],
    [
      "the order of numbers in a list",
      [
        [1, 2],
        [2, 1],
      ],
    ],
    [
      "the case of text",
      [
        "Set DEBUG before the start of it.",
        "Set debug before the start of it.",
      ],
    ],
    [
      "times of day and dates",
      ["A: 12:30", "A: 12:45", "A: 2026-01-02", "A: 2026-01-03"],
    ],
    [
      "files of a patch",
      [
        "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b",
        "--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b",
      ],
    ],
  ])("%s", (_, values) => {
    expect(new Set(values.map((value) => keyOf(value))).size).toBe(
      values.length,
    );
  });
});

describe("whatever the value and the kind it is said to be of,", () => {
  test("there is one form, and it depends on nothing else", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: "binary" })),
        fc.constantFrom(undefined, ...KINDS),
        (value, kind) => {
          const form = canonicalise(value as JsonValue, kind);
          expect(canonicalise(value as JsonValue, kind)).toEqual(form);
          expect(form.key.length).toBeLessThanOrEqual(256);
          expect(form.items).toEqual(
            form.items && [...new Set(form.items)].sort(),
          );
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });

  test("sets are free of order and repetition", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 5 }), { minLength: 1 }),
        fc.nat(),
        (items, by) => {
          const turned = [
            ...items.slice(by % items.length),
            ...items,
          ].reverse();
          expect(keyOf(turned, "set")).toBe(keyOf(items, "set"));
        },
      ),
      { seed: 2 },
    );
  });
});
