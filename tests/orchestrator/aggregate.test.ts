import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { EnsembleQuestion } from "../../flow-balancer/core/ensemble.ts";
import { EnsembleMemory } from "../../orchestrator/learning/aggregate-memory.ts";
import { AggregateRun } from "../../orchestrator/learning/aggregate-run.ts";
import { answersTo } from "./aggregate-answers.ts";
import { play, QUESTION, say } from "./aggregate-play.ts";

describe("consensus", () => {
  test.each([
    [["x", "x", "y"], "value", "x", 2],
    [["x", "y", "y"], "value", "y", 3],
    [["x", "x", "x", "y", "y"], "value", "x", 3],
    [["x", "y", "z"], "no_agreement", null, 3],
    [["x", "x", "y", "y"], "no_agreement", null, 4],
    [["x"], "no_agreement", null, 1],
  ])("%j: %s", (values, outcome, value, calls) => {
    const answer = play(say(...values));
    expect({ ...answer, calls: answer.asked.length }).toMatchObject({
      outcome,
      value,
      calls,
    });
  });

  test("stopping early never changes what all would have said, and never asks more", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("x", "y", "z"), {
          minLength: 1,
          maxLength: 7,
        }),
        (values) => {
          const all = play(say(...values), { allAtOnce: true });
          const stopped = play(say(...values));
          expect(stopped.asked.length).toBeLessThanOrEqual(values.length);
          expect({ outcome: stopped.outcome, value: stopped.value }).toEqual({
            outcome: all.outcome,
            value: all.value,
          });
        },
      ),
    );
  });

  test("whoever comes first, the answer is the same", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("x", "y", "z"), {
          minLength: 2,
          maxLength: 6,
        }),
        (values) => {
          const one = play(say(...values), { allAtOnce: true });
          const other = play(say(...values.toReversed()), { allAtOnce: true });
          expect(other.outcome).toBe(one.outcome);
          expect(other.value).toEqual(one.value);
          expect(other.seats.length).toBe(one.seats.length);
        },
      ),
    );
  });

  test("an attempt that fails is no vote", () => {
    expect(play([null, ...say("x", "x")])).toMatchObject({
      outcome: "value",
      value: "x",
    });
    expect(play([null, null, ...say("x")]).outcome).toBe("no_agreement");
    expect(play([null, null])).toMatchObject({
      outcome: "no_result",
      value: null,
    });
  });

  test("who was found right in nearly all checks is believed alone, and asked first; nobody is made up otherwise", () => {
    const memory = new EnsembleMemory();
    const teach = (tasks: number) => {
      for (const checked of answersTo(tasks, { good: 0.97, bad: 0.2 }))
        memory.learn({
          type: "t",
          checked,
          votes: [],
          parallel: null,
          judged: [],
        });
    };
    const seats: EnsembleQuestion["seats"] = ["bad", "good", "bad"];
    teach(5);
    expect(play(say("x", "y", "z"), { seats }, memory)).toMatchObject({
      outcome: "no_agreement",
      chance: null,
      guess: "y",
    });
    teach(100);
    const sure = play(say("x", "y", "z"), { seats }, memory);
    expect(sure).toMatchObject({
      outcome: "value",
      value: "y",
      asked: [1],
      seats: [1],
    });
    expect(sure.chance).toBeGreaterThan(0.8);
    expect(
      play(say("x", "y", "z"), { seats, type: "another" }, memory).outcome,
    ).toBe("no_agreement");
  });

  test("one vote of an expert who is seldom right, or of whom little is known, is no answer", () => {
    const memory = new EnsembleMemory();
    for (const checked of answersTo(100, { low: 0.35, bad: 0.1 }))
      memory.learn({
        type: "t",
        checked,
        votes: [],
        parallel: null,
        judged: [],
      });
    for (const checked of answersTo(10, { fresh: 1 }))
      memory.learn({
        type: "t",
        checked,
        votes: [],
        parallel: null,
        judged: [],
      });
    const seldom = play(say("x", "y"), { seats: ["low", "bad"] }, memory);
    expect(seldom).toMatchObject({ outcome: "no_agreement", guess: "x" });
    expect(seldom.chance).toBeLessThan(0.5);
    const fresh = play(say("x", "y"), { seats: ["fresh", "bad"] }, memory);
    expect(fresh).toMatchObject({
      outcome: "no_agreement",
      guess: "x",
      chance: null,
    });
  });
});

describe("who is asked so that it is known", () => {
  const seats: EnsembleQuestion["seats"] = ["a", "b", "c"];
  const asked = (
    memory: EnsembleMemory,
    question: Partial<EnsembleQuestion>,
  ): number[] =>
    Array.from({ length: 200 }, (_, id) => {
      const says = say("x", "x", "x").map((said) => ({
        ...said,
        score: question.check ? 1 : null,
      }));
      return play(says, { ...question, id: `${id}` }, memory).asked.length;
    });

  test("unlike experts: all, until 50 ensembles showed who agrees with whom; then one in ten", () => {
    const calls = asked(new EnsembleMemory(), { seats });
    expect(calls.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 3));
    const all = calls.slice(50).filter((n) => n === 3).length;
    expect(all).toBeGreaterThan(5);
    expect(all).toBeLessThan(30);
  });

  test("with a check, until 20 answers of each are known; of one expert's attempts, no more than settle it", () => {
    const calls = asked(new EnsembleMemory(), { seats, check: "verdict" });
    expect(calls.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 3));
    expect(calls.slice(20).filter((n) => n === 3).length).toBeLessThan(36);
    expect(new Set(asked(new EnsembleMemory(), {}))).toEqual(new Set([2]));
  });

  test("where all are asked, all are waited for", () => {
    const run = new AggregateRun(
      { ...QUESTION, seats },
      new EnsembleMemory(),
      () => {},
    );
    const none = { isNew: true, results: [], running: [], failed: [] };
    expect(run.next(none)).toEqual({ settled: null, start: [0, 1, 2] });
    const results = [0, 1].map((seat) => ({
      seat,
      value: "x",
      score: null,
      cost: 1,
    }));
    expect(run.next({ ...none, results, running: [2] })).toEqual({
      settled: null,
      start: [],
    });
  });

  test("who is asked only since the others differ is not compared with them", () => {
    const memory = new EnsembleMemory();
    asked(memory, { seats });
    const pairs = () =>
      memory
        .snapshot()
        .agreement.types[0]?.[2].map(([one, other, , n]) => [one, other, n]);
    const before = pairs();
    const same = (id: number) =>
      play(say("x", "x", "x"), { seats, id: `${id}` }, memory).asked.length;
    const id = [200, 201, 202, 203, 204].find((it) => same(it) === 2);
    // The same, but that the first two differ: the third is asked then.
    const known = pairs();
    const third = play(say("x", "y", "x"), { seats, id: `${id}` }, memory);
    expect(third.asked).toEqual([0, 1, 2]);
    const grown = pairs()?.filter(([, , n], at) => n !== known?.[at]?.[2]);
    expect(grown?.map(([one, other]) => [one, other])).toEqual([["a", "b"]]);
    expect(before).not.toEqual(pairs());
  });
});

describe("best quality", () => {
  const question = { strategy: "best_quality", check: "verdict" } as const;

  test("one after the other until one passes; without any, there is no answer", () => {
    const says = [
      { value: 1, score: 0 },
      { value: 2, score: 1 },
      { value: 3, score: 1 },
    ];
    expect(play(says, question)).toMatchObject({ value: 2, asked: [0, 1] });
    const none = play(says.slice(0, 1), question);
    expect(none).toMatchObject({ outcome: "none_passed", value: null });
    expect(play([{ value: 1, score: null }], question)).toMatchObject({
      outcome: "no_agreement",
      value: null,
    });
  });

  test("a score wants all of them, and of as good ones what most say", () => {
    const says = [
      { value: 1, score: 0.8 },
      { value: 2, score: 0.8 },
      { value: 2, score: 0.8 },
      { value: 9, score: 0.1 },
    ];
    expect(
      play(says, { strategy: "best_quality", check: "score" }),
    ).toMatchObject({ value: 2, seats: [1, 2], asked: [0, 1, 2, 3] });
  });

  test("never one that scored less than another", () => {
    const scores = fc.array(fc.integer({ min: 0, max: 10 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(scores, (given) => {
        const says = given.map((score, value) => ({
          value: value % 3,
          score: score / 10,
        }));
        const { outcome, seats } = play(says, {
          strategy: "best_quality",
          check: "score",
          allAtOnce: true,
        });
        const best = Math.max(...given);
        expect(outcome).toBe(best >= 5 ? "value" : "none_passed");
        for (const seat of seats) expect(given[seat]).toBe(best);
      }),
    );
  });
});
