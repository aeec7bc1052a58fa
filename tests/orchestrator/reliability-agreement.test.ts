import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Vote } from "../../orchestrator/learning/consensus.ts";
import { Agreement } from "../../orchestrator/learning/reliability-agreement.ts";
import { answersTo, votes } from "./aggregate-answers.ts";

const votesOf = (answers: ReturnType<typeof answersTo>[number]): Vote[] =>
  answers.map(({ expert, key }, place) => ({ place, expert, key: key ?? "" }));

const taught = (...tasks: readonly (readonly Vote[])[]): Agreement => {
  const learned = new Agreement();
  for (const task of tasks) learned.learn("sums", task);
  return learned;
};

describe("trust from agreement alone", () => {
  test("finds who is right how often, from no labels at all", () => {
    const rates = { a: 0.3, b: 0.5, c: 0.6, d: 0.85 };
    const learned = taught(...answersTo(1_500, rates).map(votesOf));
    const { rateOf } = learned.belief("sums");
    for (const [expert, rate] of Object.entries(rates))
      expect(Math.abs(rateOf(expert) - rate)).toBeLessThan(0.08);
  });

  test("needs three experts; attempts of one say nothing", () => {
    const two = taught(...answersTo(50, { a: 0.9, b: 0.2 }).map(votesOf));
    expect(two.belief("sums").rateOf("a")).toBe(0.5);
    expect(two.explain("sums")[0]).toContain("fewer than 3 experts");
    const alone = taught(
      ...answersTo(50, { a: 0.9, b: 0.2, c: 0.4 }).map((answers) =>
        votesOf(answers).map((vote) => ({ ...vote, expert: "a" })),
      ),
    );
    expect(alone.belief("sums").runsOf("a")).toBe(0);
  });

  test("memory is bounded: types that came once make room for one that comes again", () => {
    const learned = new Agreement();
    const [task = []] = answersTo(1, { a: 0.9, b: 0.9, c: 0.9 }).map(votesOf);
    for (let n = 0; n < 300; n++) learned.learn(`before ${n}`, task);
    for (let n = 0; n < 5; n++) {
      learned.learn("sums", task);
      learned.learn(`between ${n}`, task);
    }
    expect(learned.snapshot().types.length).toBe(256);
    expect(learned.belief("sums").runsOf("a")).toBe(5);
  });

  test("nothing of what was answered is written down", () => {
    const learned = taught(
      ["a", "b", "c"].map((expert, place) => ({
        expert,
        place,
        key: "answer secret",
      })),
    );
    expect(JSON.stringify(learned.snapshot())).not.toContain("secret");
    expect(learned.snapshot().types[0]?.[1]).toHaveLength(1);
  });

  test("neither order nor who learned what matters, and it can be written down", () => {
    const tasks = fc.array(votes(5), { maxLength: 8 });
    fc.assert(
      fc.property(tasks, tasks, (ours, theirs) => {
        const merged = taught(...ours);
        merged.merge(taught(...theirs).snapshot());
        const all = taught(...theirs.toReversed(), ...ours.toReversed());
        // A type of which nothing was learned isn't remembered by one of them alone.
        expect(merged.snapshot()).toEqual(all.snapshot());
        const back = new Agreement(JSON.parse(JSON.stringify(all.snapshot())));
        expect(back.snapshot()).toEqual(all.snapshot());
      }),
    );
  });

  test("says that nobody checked, and when it is thin", () => {
    const learned = taught(
      ...answersTo(12, { a: 0.9, b: 0.5, c: 0.5 }).map(votesOf),
    );
    for (const line of learned.explain("sums"))
      expect(line).toContain(
        "from agreement on 12 tasks, unchecked; 12 tasks, not enough",
      );
  });
});
