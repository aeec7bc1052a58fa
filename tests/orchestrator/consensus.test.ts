import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Belief,
  consensus,
  type Vote,
} from "../../orchestrator/learning/consensus.ts";
import { settled } from "../../orchestrator/learning/consensus-stop.ts";
import { beliefs, EXPERTS, votes } from "./aggregate-answers.ts";

const known = (
  rates: Readonly<Record<string, number>>,
  runs = 100,
): Belief => ({
  rateOf: (expert) => rates[expert] ?? 0.5,
  runsOf: () => runs,
  collision: 1 / 15,
  groupsOf: () => null,
});

const say = (...keys: readonly string[]): Vote[] =>
  keys.map((key, place) => ({ place, expert: EXPERTS[place] ?? "", key }));

describe("consensus", () => {
  test("of equals, most votes win; of as many votes, the first in the list", () => {
    expect(consensus(say("x", "y", "y"), known({}))[0]).toMatchObject({
      key: "y",
      voters: [{ expert: "b" }, { expert: "c" }],
    });
    expect(consensus(say("x", "y"), known({}))[0]?.key).toBe("x");
  });

  test("one who is nearly always right outvotes two who seldom are", () => {
    const belief = known({ a: 0.08, b: 0.08, c: 0.95 });
    const [first] = consensus(say("x", "x", "y"), belief);
    expect(first?.key).toBe("y");
    expect(first?.chance).toBeGreaterThan(0.9);
    expect(
      consensus(say("x", "x", "y"), known({ a: 0.6, b: 0.6, c: 0.7 }))[0]?.key,
    ).toBe("x");
  });

  test("two answers from hands that err alike count by their record, not by their number", () => {
    const belief: Belief = {
      ...known({ a: 0.6, b: 0.6, c: 0.6 }),
      groupsOf: () => (bits, chance) => (bits === 0b011 ? 0.2 : chance),
    };
    expect(consensus(say("x", "x", "y"), belief)[0]?.key).toBe("x");
    expect(consensus(say("x", "x", "y"), belief)[0]?.chance).toBe(0.2);
  });

  test("the order of the votes makes no difference, chances add up to at most 1", () => {
    fc.assert(
      fc.property(votes(8), beliefs, fc.integer(), (given, belief, seed) => {
        const verdict = consensus(given, belief);
        const order = given.map((vote, at) => ({
          vote,
          by: Math.sin(seed + at * 7),
        }));
        const shuffled = order
          .sort((a, b) => a.by - b.by)
          .map(({ vote }) => vote);
        expect(consensus(shuffled, belief)).toEqual(verdict);
      }),
    );
    fc.assert(
      fc.property(votes(8), beliefs, (given, belief) => {
        const plain: Belief = { ...belief, groupsOf: () => null };
        const sum = consensus(given, plain).reduce(
          (all, { chance }) => all + chance,
          0,
        );
        expect(sum).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });
});

describe("settled", () => {
  test("two of three equals who agree need no third; one alone does", () => {
    const waiting = [{ place: 2, expert: "c" }];
    expect(settled(say("x", "x"), waiting, known({}))).toBe("cannot_change");
    expect(settled(say("x", "y"), waiting, known({}))).toBeNull();
    expect(settled([], waiting, known({}))).toBeNull();
    expect(settled(say("x"), [], known({}))).toBe("cannot_change");
  });

  test("a high chance is enough, but not on thin evidence", () => {
    const waiting = ["c", "d", "e", "f", "g"].map((expert, at) => ({
      place: at + 2,
      expert,
    }));
    const rates = { a: 0.9, b: 0.9, c: 0.9, d: 0.9, e: 0.9, f: 0.9, g: 0.9 };
    expect(settled(say("x", "x"), waiting, known(rates))).toBe("sure_enough");
    expect(settled(say("x", "x"), waiting, known(rates, 12))).toBeNull();
    expect(settled(say("x", "x"), waiting, known(rates), 1)).toBeNull();
  });

  test("what cannot change doesn't, whatever the others say", () => {
    fc.assert(
      fc.property(votes(8), fc.nat(7), beliefs, (all, cut, belief) => {
        const given = all.slice(0, Math.max(1, Math.min(cut, all.length - 1)));
        const waiting = all.slice(given.length);
        if (settled(given, waiting, belief, 1) === null) return;
        const leader = consensus(given, belief, waiting.length)[0]?.key;
        expect(consensus(all, belief)[0]?.key).toBe(leader);
      }),
      { numRuns: 300 },
    );
  });
});
