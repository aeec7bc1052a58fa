import { describe, expect, test } from "bun:test";
import type { JsonValue } from "../../flow-balancer/core/json.ts";
import { EnsembleMemory } from "../../orchestrator/learning/aggregate-memory.ts";
import { answersTo } from "./aggregate-answers.ts";
import { play, say } from "./aggregate-play.ts";

describe("auto", () => {
  const auto = { strategy: "auto" } as const;

  test("by kind of result, and by whether there is a check", () => {
    expect(play(say("12", "12"), auto).strategy).toBe("consensus");
    expect(play(say(["a"], ["b"]), auto)).toMatchObject({
      strategy: "union",
      value: ["a", "b"],
    });
    expect(
      play([{ value: "12", score: 1 }], { ...auto, check: "verdict" }).strategy,
    ).toBe("best_quality");
    expect(play(say({ a: 1 }, { a: 1 }), auto)).toMatchObject({
      strategy: "consensus",
      value: { a: 1 },
    });
  });

  test("lists with a check: both ways are tried until 20 runs tell, then the one that passed", () => {
    const memory = new EnsembleMemory();
    const says = say(["p", "q"], ["p", "wrong"], ["p", "q"]);
    const tried: number[] = [];
    const judge = (value: JsonValue): number =>
      Number(!JSON.stringify(value).includes("wrong"));
    for (let id = 0; id < 40; id++) {
      let checks = 0;
      const answer = play(
        says,
        { ...auto, check: "verdict", id: `${id}` },
        memory,
        (value) => {
          checks++;
          return judge(value);
        },
      );
      tried.push(checks);
      expect(answer).toMatchObject({
        strategy: "intersection",
        value: ["p", "q"],
      });
    }
    expect(tried.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 2));
    expect(
      tried.slice(20).filter((checks) => checks === 1).length,
    ).toBeGreaterThan(14);
    expect(memory.explain("t").join("\n")).toContain("union: 0 of");
  });

  test("a list that fails the check is no answer", () => {
    const answer = play(
      say(["wrong"], ["wrong"]),
      { ...auto, check: "verdict" },
      undefined,
      () => 0,
    );
    expect(answer).toMatchObject({ outcome: "none_passed", value: null });
  });

  test("an intersection of one list says nothing", () => {
    const question = { strategy: "intersection" } as const;
    expect(play([...say(["a"]), null], question).outcome).toBe("no_agreement");
    expect(play(say(["a", "b"], ["b"]), question).value).toEqual(["b"]);
    expect(play(say(["a"], ["b"]), question)).toMatchObject({
      outcome: "value",
      value: [],
    });
  });
});

describe("what is remembered", () => {
  test("the same evidence in the same order comes to the same, written down in between or not", () => {
    const lessons = answersTo(60, { a: 0.8, b: 0.4, c: 0.4 });
    const learn = (memory: EnsembleMemory, from: number, to: number) => {
      for (const checked of lessons.slice(from, to))
        play(
          checked.map(({ key, ok }) => ({ value: key, score: Number(ok) })),
          { seats: ["a", "b", "c"], check: "verdict" },
          memory,
        );
      return memory;
    };
    const whole = learn(new EnsembleMemory(), 0, 60).snapshot();
    const half = JSON.stringify(learn(new EnsembleMemory(), 0, 30).snapshot());
    expect(
      learn(new EnsembleMemory(JSON.parse(half)), 30, 60).snapshot(),
    ).toEqual(whole);
  });

  test("what is wasted is told: all the same, half of two; all different, nothing", () => {
    expect(play(say("x", "x")).waste).toBe(0.5);
    expect(play(say("x", "y")).waste).toBe(0);
    expect(play(say("x")).waste).toBeNull();
  });
});
