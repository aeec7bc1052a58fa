/**
 * Routing as it is lived: one task after the other, each rule sees what came of its own choice only, and
 * nothing is learned beforehand. Held against the better expert of each type in hindsight.
 */

import {
  always,
  atRandom,
  bestSoFar,
  type Check,
  learnedRule,
  type Name,
  noisyCheck,
  type Prices,
  type Rule,
  type TracedTask,
} from "./replay-router-rules.ts";
import { seededOrder } from "./seeded-order.ts";

export interface LivedFigures {
  readonly rule: string;
  /** Solved / tasks. */
  readonly right: number;
  /** Per task, in units of one success. */
  readonly cost: number;
  /** right - cost. */
  readonly utility: number;
  /** Experts asked a task. */
  readonly calls: number;
  /** Utility of the better expert of each type in hindsight less the rule's, per 1,000 tasks, in each quarter of the run. */
  readonly regret: readonly number[];
  /** Utility / that of the better expert of each type in hindsight, over tasks with 200 earlier ones of their type. Null: there are none. */
  readonly accuracy_after_200: number | null;
  /** The same over the last quarter of the run. */
  readonly accuracy_last_quarter: number | null;
}

export interface PriceReport {
  readonly strong_cost: number;
  readonly weak_cost: number;
  /** Of the better expert of each type in hindsight, and of the better of each task; per task. */
  readonly best_fixed_utility: number;
  readonly oracle_utility: number;
  readonly rules: readonly LivedFigures[];
}

/** Of a call of the strong expert, in units of one success. */
const STRONG_COSTS = [0, 0.1, 0.2, 0.4];
/** Of the strong one's. */
const WEAK_SHARE = 0.1;
const WRONG_CHECKS = 0.1;
const QUARTERS = 4;
const LEARNED_AFTER = 200;

export const OURS = "ours";

const rulesOf = (
  prices: Prices,
  kind: string,
  seed: number,
): readonly (readonly [Rule, Check])[] => {
  const told: Check = (isRight) => isRight;
  const terms = { kind, seed };
  return [
    [always("weak"), told],
    [always("strong"), told],
    [atRandom(seed), told],
    [bestSoFar(prices, seed), told],
    [learnedRule(OURS, prices, { ...terms, hasCheck: false }), told],
    [
      learnedRule("ours, next one if it failed", prices, {
        ...terms,
        hasCheck: true,
      }),
      told,
    ],
    [
      learnedRule("the same, 1 check in 10 wrong", prices, {
        ...terms,
        hasCheck: true,
      }),
      noisyCheck(WRONG_CHECKS, seed),
    ],
  ];
};

/** Each price on tasks in `repeats` random orders; figures are means over the orders. `tasks`: at least one, all of one kind. */
export const livedReports = (
  tasks: readonly TracedTask[],
  repeats: number,
): PriceReport[] =>
  STRONG_COSTS.map((strong) => {
    const prices = { strong, weak: WEAK_SHARE * strong };
    const fixed = bestFixed(tasks, prices);
    const runs = Array.from({ length: repeats }, (_, at) =>
      rulesOf(prices, tasks[0]?.kind ?? "", at + 1).map(([rule, check]) =>
        live(inOrder(tasks, at + 1), rule, check, prices, fixed),
      ),
    );
    const mean = (value: (task: TracedTask) => number): number =>
      tasks.reduce((sum, task) => sum + value(task), 0) / tasks.length;
    return {
      strong_cost: strong,
      weak_cost: prices.weak,
      best_fixed_utility: mean((task) => utilityOf(task, fixed(task), prices)),
      oracle_utility: mean((task) =>
        Math.max(
          utilityOf(task, "weak", prices),
          utilityOf(task, "strong", prices),
        ),
      ),
      rules: (runs[0] ?? []).map((_, at) =>
        meanOf(runs.flatMap((run) => run[at] ?? [])),
      ),
    };
  });

const inOrder = (tasks: readonly TracedTask[], seed: number): TracedTask[] =>
  seededOrder(tasks.length, seed).flatMap((at) => tasks[at] ?? []);

const utilityOf = (task: TracedTask, name: Name, prices: Prices): number =>
  Number(task[name]) - prices[name];

/** The expert with the most utility over all tasks of the task's type. */
function bestFixed(
  tasks: readonly TracedTask[],
  prices: Prices,
): (task: TracedTask) => Name {
  const ahead = new Map<string, number>();
  for (const task of tasks)
    ahead.set(
      task.bucket,
      (ahead.get(task.bucket) ?? 0) +
        utilityOf(task, "strong", prices) -
        utilityOf(task, "weak", prices),
    );
  return ({ bucket }) => ((ahead.get(bucket) ?? 0) > 0 ? "strong" : "weak");
}

interface Asked {
  readonly isRight: boolean;
  readonly cost: number;
  readonly calls: number;
}

function ask(
  task: TracedTask,
  at: number,
  rule: Rule,
  check: Check,
  prices: Prices,
): Asked {
  let [isRight, cost, calls] = [false, 0, 0];
  for (const name of rule.choose(task, at)) {
    isRight = task[name];
    cost += prices[name];
    calls++;
    const passed = check(isRight);
    rule.learn(task, name, passed, calls === 1);
    if (passed) break;
  }
  return { isRight, cost, calls };
}

function live(
  tasks: readonly TracedTask[],
  rule: Rule,
  check: Check,
  prices: Prices,
  fixed: (task: TracedTask) => Name,
): LivedFigures {
  const all = { right: 0, cost: 0, calls: 0 };
  const quarters = Array.from({ length: QUARTERS }, () => new Share());
  const later = new Share();
  const seen = new Map<string, number>();
  for (const [at, task] of tasks.entries()) {
    const { isRight, cost, calls } = ask(task, at, rule, check, prices);
    all.right += Number(isRight);
    all.cost += cost;
    all.calls += calls;
    const own = Number(isRight) - cost;
    const best = utilityOf(task, fixed(task), prices);
    quarters[Math.floor((QUARTERS * at) / tasks.length)]?.add(own, best);
    const before = seen.get(task.bucket) ?? 0;
    seen.set(task.bucket, before + 1);
    if (before >= LEARNED_AFTER) later.add(own, best);
  }
  const count = tasks.length;
  return {
    rule: rule.rule,
    right: all.right / count,
    cost: all.cost / count,
    utility: (all.right - all.cost) / count,
    calls: all.calls / count,
    regret: quarters.map((quarter) => quarter.regret),
    accuracy_after_200: later.accuracy,
    accuracy_last_quarter: quarters.at(-1)?.accuracy ?? null,
  };
}

/** A rule's utility beside that of the better expert of each type. */
class Share {
  #own = 0;
  #best = 0;
  #tasks = 0;

  add(own: number, best: number): void {
    this.#own += own;
    this.#best += best;
    this.#tasks++;
  }

  get regret(): number {
    return (1_000 * (this.#best - this.#own)) / Math.max(1, this.#tasks);
  }

  get accuracy(): number | null {
    return this.#best > 0 ? this.#own / this.#best : null;
  }
}

function meanOf(runs: readonly LivedFigures[]): LivedFigures {
  const mean = (of: (figures: LivedFigures) => number | null): number => {
    const values = runs.flatMap((run) => of(run) ?? []);
    return values.reduce((sum, it) => sum + it, 0) / values.length;
  };
  const orNull = (value: number): number | null =>
    Number.isNaN(value) ? null : value;
  return {
    rule: runs[0]?.rule ?? "",
    right: mean((run) => run.right),
    cost: mean((run) => run.cost),
    utility: mean((run) => run.utility),
    calls: mean((run) => run.calls),
    regret: Array.from({ length: QUARTERS }, (_, at) =>
      mean(({ regret }) => regret[at] ?? null),
    ),
    accuracy_after_200: orNull(mean((run) => run.accuracy_after_200)),
    accuracy_last_quarter: orNull(mean((run) => run.accuracy_last_quarter)),
  };
}
