/** Ways to choose between a cheap and a dear expert, task after task, each told only what came of its own choices. */

import type { Expert, RouteQuestion } from "../../flow-balancer/core/expert.ts";
import type { Solved } from "./replay-router-curve.ts";
import { Router } from "./router.ts";
import { seededChance } from "./seeded-order.ts";

export type Name = "weak" | "strong";

/** What a rule may see of a task. */
export type SeenTask = Pick<RouteQuestion, "kind" | "bucket" | "tags" | "text">;

export interface TracedTask extends SeenTask, Solved {}

/** Of a call, in units of one success. */
export type Prices = Readonly<Record<Name, number>>;

export interface Rule {
  readonly rule: string;
  /** Whom to ask, in turn while the check fails; the last one's result stays. `at`: the number of the task. */
  choose(task: SeenTask, at: number): readonly Name[];
  /** What came of one who was asked, as the check tells it. */
  learn(task: SeenTask, name: Name, isSuccess: boolean, isFirst: boolean): void;
}

/** Right: the true outcome, negated for one in `1 / wrong` tasks. */
export type Check = (isRight: boolean) => boolean;

export function noisyCheck(wrong: number, seed: number): Check {
  const chance = seededChance(seed);
  return (isRight) => (chance() < wrong ? !isRight : isRight);
}

const nothing = (): void => undefined;

export const always = (name: Name): Rule => ({
  rule: `always ${name}`,
  choose: () => [name],
  learn: nothing,
});

export function atRandom(seed: number): Rule {
  const chance = seededChance(seed);
  return {
    rule: "at random",
    choose: () => [chance() < 0.5 ? "weak" : "strong"],
    learn: nothing,
  };
}

/** Share of tasks that the simple rule gives to any of the two, as ours. */
const EXPLORED = 0.02;

/** The simple rule: of each type the one with the better record so far, one success in two runs to begin with. */
export function bestSoFar(prices: Prices, seed: number): Rule {
  const chance = seededChance(seed);
  const records = new Map<string, { runs: number; successes: number }>();
  const recordOf = (type: string, name: Name) => {
    const key = `${name} ${type}`;
    const known = records.get(key) ?? { runs: 2, successes: 1 };
    records.set(key, known);
    return known;
  };
  const value = (type: string, name: Name): number => {
    const { runs, successes } = recordOf(type, name);
    return successes / runs - prices[name];
  };
  return {
    rule: "best of the type so far",
    choose({ bucket }) {
      if (chance() < EXPLORED) return [chance() < 0.5 ? "weak" : "strong"];
      return [
        value(bucket, "strong") > value(bucket, "weak") ? "strong" : "weak",
      ];
    },
    learn({ bucket }, name, isSuccess) {
      const record = recordOf(bucket, name);
      record.runs++;
      if (isSuccess) record.successes++;
    },
  };
}

const expertOf = (name: Name, kind: string, cost: number): Expert => ({
  name,
  kinds: [kind],
  run: { kind, input: {} },
  cost,
  capabilities: [],
});

/** Ours, as it is used: it decides, then it is told. */
export function learnedRule(
  rule: string,
  prices: Prices,
  { kind, hasCheck, seed }: { kind: string; hasCheck: boolean; seed: number },
): Rule {
  const router = new Router(
    [
      expertOf("weak", kind, prices.weak),
      expertOf("strong", kind, prices.strong),
    ],
    { worth: 1 },
  );
  const terms = {
    needs: [],
    budget: null,
    hasCheck,
    copies: 1,
    isSingle: false,
  };
  return {
    rule,
    choose(task, at) {
      const { together, next } = router.decide(
        { ...task, ...terms },
        seed + 1_000_003 * at,
      );
      return [...together, ...next] as Name[];
    },
    learn(task, expert, isSuccess, isFirst) {
      router.observe(task, {
        expert,
        isSuccess,
        isAfterFailure: !isFirst,
        cost: null,
        runMs: null,
      });
    },
  };
}
