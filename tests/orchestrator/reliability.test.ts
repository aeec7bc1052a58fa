import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  Reliability,
  type ReliabilitySnapshot,
} from "../../orchestrator/learning/reliability.ts";
import type { CheckedAnswer } from "../../orchestrator/learning/reliability-counts.ts";
import { answersTo } from "./aggregate-answers.ts";

interface Lesson {
  readonly type: string;
  readonly answers: readonly CheckedAnswer[];
}

const lessons: fc.Arbitrary<Lesson[]> = fc.array(
  fc.record({
    type: fc.constantFrom("sums", "names"),
    answers: fc.array(
      fc.record({
        expert: fc.constantFrom("a", "b", "c"),
        key: fc.option(fc.constantFrom("x", "y", "z")),
        ok: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
  }),
  { maxLength: 12 },
);

const taught = (...given: readonly Lesson[]): Reliability => {
  const learned = new Reliability();
  for (const { type, answers } of given) learned.learn(type, answers);
  return learned;
};

/** Parts of a group that contradicts itself are added up as fractions. */
const rounded = (snapshot: ReliabilitySnapshot): unknown =>
  JSON.parse(JSON.stringify(snapshot), (_, value: unknown) =>
    typeof value === "number" ? Math.round(value * 1e9) / 1e9 : value,
  );

describe("how far an expert is trusted", () => {
  test("without evidence a half; with it, its rate, drawn toward what is known from other types", () => {
    const learned = new Reliability();
    expect(learned.belief("sums").rateOf("a")).toBe(0.5);
    for (const answers of answersTo(200, { a: 0.9, b: 0.3 }))
      learned.learn("sums", answers);
    const { rateOf, runsOf } = learned.belief("sums");
    expect(rateOf("a")).toBeGreaterThan(0.8);
    expect(rateOf("b")).toBeLessThan(0.4);
    expect(runsOf("a")).toBe(200);
    // Nothing is known of names, but a is good elsewhere.
    const elsewhere = learned.belief("names");
    expect(elsewhere.rateOf("a")).toBeGreaterThan(0.8);
    expect(elsewhere.runsOf("a")).toBe(0);
  });

  test("one more right answer never lowers the rate, one more wrong one never raises it", () => {
    fc.assert(
      fc.property(lessons, fc.boolean(), (given, ok) => {
        const learned = taught(...given);
        const before = learned.belief("sums").rateOf("a");
        learned.learn("sums", [{ expert: "a", key: "x", ok }]);
        const after = learned.belief("sums").rateOf("a");
        expect(ok ? after >= before : after <= before).toBe(true);
        expect(after > 0 && after < 1).toBe(true);
      }),
    );
  });

  test("neither the order of tasks nor who learned them matters: merged is learned by one", () => {
    fc.assert(
      fc.property(lessons, lessons, (ours, theirs) => {
        const merged = taught(...ours);
        merged.merge(taught(...theirs).snapshot());
        const all = rounded(taught(...ours, ...theirs).snapshot());
        expect(rounded(merged.snapshot())).toEqual(all);
        expect(
          rounded(
            taught(...theirs.toReversed(), ...ours.toReversed()).snapshot(),
          ),
        ).toEqual(all);
      }),
    );
  });

  test("what was written down is what was known", () => {
    fc.assert(
      fc.property(lessons, (given) => {
        const learned = taught(...given);
        const written = JSON.stringify(learned.snapshot());
        const back = new Reliability(JSON.parse(written));
        expect(JSON.stringify(back.snapshot())).toBe(written);
        expect(back.belief("sums").rateOf("a")).toBe(
          learned.belief("sums").rateOf("a"),
        );
      }),
    );
  });

  test("wrong answers that coincide teach how many there are to choose from", () => {
    const collisionOf = (wrong: number): number => {
      const learned = new Reliability();
      for (const answers of answersTo(
        300,
        { a: 0.4, b: 0.4, c: 0.4 },
        { wrong },
      ))
        learned.learn("sums", answers);
      return learned.belief("sums").collision;
    };
    expect(collisionOf(2)).toBeGreaterThan(0.45);
    expect(collisionOf(50)).toBeLessThan(0.05);
  });

  test("memory is bounded: types that came once make room for one that comes again", () => {
    const learned = new Reliability();
    const right = [{ expert: "a", key: "x", ok: true }];
    for (let n = 0; n < 300; n++) learned.learn(`before ${n}`, right);
    for (let n = 0; n < 30; n++) {
      learned.learn("sums", right);
      learned.learn(`between ${n}`, right);
    }
    expect(learned.snapshot().types.length).toBe(256);
    expect(learned.belief("sums").runsOf("a")).toBe(30);
    // What was forgotten of its type still counts for all.
    expect(learned.snapshot().all.experts).toEqual([["a", 360, 360]]);
  });

  test("memory is bounded: further experts are taken for unknown", () => {
    const learned = new Reliability();
    for (let n = 0; n < 400; n++)
      learned.learn("sums", [{ expert: `expert ${n}`, key: "x", ok: true }]);
    const { all, types } = learned.snapshot();
    expect(types[0]?.[1].experts.length).toBe(64);
    expect(all.experts.length).toBe(64);
    expect(learned.belief("sums").runsOf("expert 399")).toBe(0);
  });

  test("says what it goes by, and when that is thin", () => {
    const learned = new Reliability();
    expect(learned.explain("sums")[0]).toContain("no checked answers");
    for (const answers of answersTo(12, { a: 1, b: 0 }))
      learned.learn("sums", answers);
    expect(learned.explain("sums")).toEqual([
      "a: right in 12 of 12 answers, taken as 0.69; 12 answers, not enough by themselves",
      "b: right in 0 of 12 answers, taken as 0.31; 12 answers, not enough by themselves",
    ]);
  });
});
