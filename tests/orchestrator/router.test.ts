import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Router } from "../../orchestrator/routing/router.ts";
import { expert, question, tell, traced } from "./router-fixtures.ts";

const TWO = [expert("a"), expert("b")];

function learned(successesOfA: number, successesOfB: number, runs: number) {
  const router = new Router(TWO);
  for (let run = 0; run < runs; run++) {
    tell(router, "a", run < successesOfA);
    tell(router, "b", run < successesOfB);
  }
  return router;
}

const shareOf = (router: Router, name: string, more = {}): number => {
  let count = 0;
  for (let seed = 0; seed < 200; seed++)
    if (router.decide(question(more), seed).choice === name) count++;
  return count / 200;
};

describe("a decision", () => {
  test("is the same again from the snapshot, the question and the seed", () => {
    const router = new Router(TWO);
    for (const [at, task] of traced(120, 3).entries())
      tell(router, at % 2 ? "a" : "b", task.weak, task, at / 100);
    const again = Router.restore(
      JSON.parse(JSON.stringify(router.snapshot())),
      TWO,
    );
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.string(), { maxLength: 3 }),
        fc.boolean(),
        fc.maxSafeInteger(),
        (text, tags, hasCheck, seed) => {
          const asked = question({ text, tags, hasCheck, bucket: "west" });
          expect(again.decide(asked, seed)).toEqual(router.decide(asked, seed));
        },
      ),
    );
  });

  test("says its odds: those of all add up to one, and none is below its part of the floor", () => {
    const router = new Router([...TWO, expert("c", 0, { kinds: ["other"] })], {
      floor: 0.1,
    });
    for (let run = 0; run < 300; run++)
      tell(router, run % 2 ? "a" : "b", run % 2 === 1);
    for (let seed = 0; seed < 50; seed++) {
      const { choice, propensity, alternatives } = router.decide(
        question(),
        seed,
      );
      expect(alternatives.map((it) => it.expert)).toEqual(["a", "b"]);
      expect(alternatives.find((it) => it.expert === choice)!.propensity).toBe(
        propensity,
      );
      expect(
        alternatives[0]!.propensity + alternatives[1]!.propensity,
      ).toBeCloseTo(1, 9);
      expect(alternatives[1]!.propensity).toBeCloseTo(0.05, 6);
    }
    expect(shareOf(router, "a")).toBeGreaterThan(0.9);
  });

  test("goes by the words of the task, within a type", () => {
    const router = new Router(TWO);
    for (let run = 0; run < 150; run++)
      for (const [text, good] of [
        ["a sonnet about the sea", "a"],
        ["a query about two tables", "b"],
      ] as const)
        for (const name of ["a", "b"])
          tell(router, name, name === good, { text });
    expect(
      shareOf(router, "a", { text: "another sonnet about ships" }),
    ).toBeGreaterThan(0.9);
    expect(
      shareOf(router, "b", { text: "which query joins two tables" }),
    ).toBeGreaterThan(0.9);
  });

  test("comes back to an expert that has become better", () => {
    const router = learned(0, 40, 60);
    expect(shareOf(router, "b")).toBeGreaterThan(0.9);
    let found = 0;
    for (let run = 0; run < 3_000; run++) {
      const { choice } = router.decide(question(), run);
      if (run >= 2_500 && choice === "a") found++;
      tell(router, choice!, choice === "a" || run % 3 > 0);
    }
    expect(found / 500).toBeGreaterThan(0.9);
  });

  test("weighs success against cost and time, at the worth that was set", () => {
    const experts = [expert("cheap", 1), expert("dear", 10)];
    const run = (worth: number | null, secondCost = 0) => {
      const router = new Router(experts, { worth, secondCost });
      for (let at = 0; at < 100; at++)
        for (const name of ["cheap", "dear"])
          router.observe(question(), {
            expert: name,
            isSuccess: name === "dear" || at % 2 === 0,
            isAfterFailure: false,
            cost: name === "dear" ? 10 : 1,
            runMs: name === "dear" ? 100 : 20_000,
          });
      return shareOf(router, "dear");
    };
    expect(run(100)).toBeGreaterThan(0.9);
    expect(run(10)).toBeLessThan(0.1);
    expect(run(10, 1)).toBeGreaterThan(0.9);
    // Not set: ten calls of the dearest.
    expect(run(null)).toBeGreaterThan(0.9);
  });
});

describe("its reason", () => {
  const lines = (router: Router): string =>
    router.decide(question(), 1).reason.join("\n");

  test("says thin evidence, and never takes a tie for a margin", () => {
    expect(lines(new Router(TWO))).toContain(
      "thin evidence (20 runs of the type are enough): 'a' 0, 'b' 0",
    );
    expect(lines(learned(7, 5, 12))).toContain("'a' 12, 'b' 12");
    expect(lines(learned(7, 5, 12))).toContain("no margin between 'a' and 'b'");
    expect(lines(learned(100, 100, 200))).toMatch(/no margin .*: 50 % sure/);
    expect(lines(learned(100, 100, 200))).not.toContain("thin");
    expect(lines(learned(180, 60, 200))).toContain(
      "'a' is better than the next, 'b', at",
    );
    expect(lines(learned(180, 60, 200))).not.toContain("no margin");
  });

  test("says which was chosen only to learn more of it", () => {
    const router = learned(180, 60, 200);
    const seeds = Array.from({ length: 300 }, (_, seed) => seed);
    const probe = seeds
      .map((seed) => router.decide(question(), seed))
      .find((it) => it.choice === "b")!;
    expect(probe.propensity).toBeCloseTo(0.01, 3);
    expect(probe.reason).toContain(
      "not the one expected to be best: chosen to learn more of it",
    );
  });
});

describe("settings that are none are refused:", () => {
  test.each([
    [{ worth: 0 }, "the worth of a success is 0"],
    [{ secondCost: -1 }, "the cost of a second is -1"],
    [{ floor: Number.NaN }, "the floor is NaN"],
  ])("%j", (settings, says) => {
    expect(() => new Router(TWO, settings)).toThrow(
      expect.objectContaining({
        code: "INVALID_CONFIG",
        message: expect.stringContaining(says),
      }),
    );
  });
});
