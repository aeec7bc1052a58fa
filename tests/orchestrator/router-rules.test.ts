import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  askedNext,
  valueOf,
} from "../../orchestrator/routing/router-cascade.ts";
import { Router } from "../../orchestrator/routing/router.ts";
import { expert, question, tell } from "./router-fixtures.ts";

function skilled(): Router {
  const router = new Router(
    [
      expert("small", 1, { capabilities: ["read"] }),
      expert("large", 10, { capabilities: ["read", "write"] }),
      expert("huge", 400, { capabilities: ["read", "write"] }),
    ],
    { worth: 100 },
  );
  for (let run = 0; run < 100; run++) {
    tell(router, "small", run % 2 === 0, {}, 1);
    tell(router, "large", run % 10 > 0, {}, 10);
    tell(router, "huge", true, {}, 400);
  }
  return router;
}

const decideAll = (router: Router, more: Parameters<typeof question>[0]) =>
  Array.from({ length: 100 }, (_, seed) => router.decide(question(more), seed));

describe("rules come last:", () => {
  test("who lacks a capability is never chosen, whatever was learned", () => {
    for (const { choice, alternatives, reason } of decideAll(skilled(), {
      needs: ["write"],
    })) {
      expect(choice).not.toBe("small");
      expect(alternatives[0]).toMatchObject({
        expert: "small",
        propensity: 0,
        barredBy: "it cannot do write",
      });
      expect(alternatives[0]!.success).toBeGreaterThan(0.4);
      expect(reason).toContain("'small' is ruled out: it cannot do write");
    }
  });

  test("who costs more than the budget is never chosen", () => {
    for (const { choice, next } of decideAll(skilled(), {
      budget: 50,
      hasCheck: true,
    })) {
      expect(choice).not.toBe("huge");
      expect(next).not.toContain("huge");
    }
  });

  test("where none is left nobody is chosen, and why is said", () => {
    const router = skilled();
    expect(router.decide(question({ needs: ["fly"] }), 1)).toMatchObject({
      choice: null,
      propensity: 0,
      together: [],
      next: [],
      reason: [
        "no expert is left",
        "'small' is ruled out: it cannot do fly",
        "'large' is ruled out: it cannot do fly",
        "'huge' is ruled out: it cannot do fly",
      ],
    });
    expect(router.decide(question({ kind: "none" }), 1).reason).toEqual([
      "no expert serves the kind 'none'",
    ]);
  });

  test("several experts run together, or one where one is enough", () => {
    const router = skilled();
    const several = router.decide(question({ copies: 2 }), 1);
    expect(several.together.length).toBe(2);
    expect(several.together[0]).toBe(several.choice!);
    expect(router.decide(question({ copies: 9 }), 1).together.length).toBe(3);
    const one = router.decide(question({ copies: 2, isSingle: true }), 1);
    expect(one.together).toEqual([several.choice!]);
    expect(one.reason).toContain(
      "one expert, not 2: more were not worth it for such tasks",
    );
  });
});

describe("with a check", () => {
  test("the cheap one goes first, then the useful, and who is not worth its price never", () => {
    const plain = decideAll(skilled(), {}).filter(
      (it) => it.choice === "large",
    );
    expect(plain.length).toBeGreaterThan(90);
    expect(plain[0]!.next).toEqual([]);
    const checked = decideAll(skilled(), { hasCheck: true }).filter(
      (it) => it.choice === "small",
    );
    expect(checked.length).toBeGreaterThan(90);
    expect(checked[0]!.next).toEqual(["large"]);
    expect(checked[0]!.reason).toContain("if the check fails: 'large'");
  });

  test("no order of those who are worth it is better than by chance per price", () => {
    const experts = fc.array(
      fc.record({
        success: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        price: fc.double({ min: 0, max: 2, noNaN: true }),
      }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(experts, (of) => {
        const all = of.map((it) => ({
          ...it,
          afterFailure: it.success,
          weight: 10,
        }));
        const [first] = askedNext(all, 1);
        if (first === undefined) return;
        const best = Math.max(...permutations(askedNext(all, 1)).map(worthOf));
        expect(valueOf(first, all, 1).mean).toBeCloseTo(best, 9);
      }),
    );
  });
});

type Priced = { readonly success: number; readonly price: number };

function worthOf(order: readonly Priced[]): number {
  let [worth, failed] = [0, 1];
  for (const { success, price } of order) {
    worth += failed * (success - price);
    failed *= 1 - success;
  }
  return worth;
}

const permutations = <T>(of: readonly T[]): T[][] =>
  of.length === 0
    ? [[]]
    : of.flatMap((it, at) =>
        permutations(of.toSpliced(at, 1)).map((rest) => [it, ...rest]),
      );
