/**
 * Ways to make one answer of several experts' answers, on a recorded trace, task by task, and what they
 * came to. Right: the output that is handed back was marked ok.
 */

import { SURE_ENOUGH } from "./consensus-stop.ts";
import { asEnsemble } from "./replay-aggregation-ensemble.ts";
import {
  bestSoFar,
  type Choice,
  firstTwoAgree,
  majority,
  type RecordedTask,
  type Rule,
  weightedByAgreement,
  weightedByChecks,
} from "./replay-aggregation-rules.ts";

const MAJORITY = majority.rule;
const ALL_ASKED = "weighted, learned from checks";
const UNTIL_SETTLED = "the same, votes until settled";
const STOPPED = "the same, stopped when settled";

/** All of them, with nothing learned yet. */
export const newRules = (): Rule[] => [
  majority,
  firstTwoAgree,
  bestSoFar(),
  weightedByAgreement(),
  weightedByChecks(ALL_ASKED),
  weightedByChecks(UNTIL_SETTLED, { sureAt: 1 }),
  weightedByChecks(STOPPED, { sureAt: 1, learnsFrom: "asked" }),
  weightedByChecks(`the same, or over ${SURE_ENOUGH} sure`, {
    sureAt: SURE_ENOUGH,
    learnsFrom: "asked",
  }),
  asEnsemble("run_ensemble, nobody checks", false),
  asEnsemble("run_ensemble, checks teach", true),
];

export interface RuleFigures {
  readonly rule: string;
  /** Tasks answered right / tasks where all answers given were checked. Null: there are none. */
  readonly accuracy: number | null;
  /** The same without guesses, of those where an answer and no guess was handed back. */
  readonly precision: number | null;
  /** Experts asked a task, on average. */
  readonly calls: number;
  /** Answers handed back, guesses left out / tasks. */
  readonly answered: number;
}

export interface AggregationReport {
  readonly tasks: number;
  readonly checked_tasks: number;
  readonly experts: readonly RuleFigures[];
  /** Of the experts, the one with most right answers. */
  readonly best_single: string | null;
  /** Tasks where at least one output was ok / checked tasks. */
  readonly oracle: number | null;
  readonly rules: readonly RuleFigures[];
  readonly targets: AggregationTargets;
}

/** Differences in percentage points of accuracy; positive is better. Null where nothing was checked. */
export interface AggregationTargets {
  /** Weighted by checks, all asked, over majority; over the best single expert in hindsight. */
  readonly over_majority: number | null;
  readonly over_best_single: number | null;
  /** Experts asked a task until the verdict of all is certain: equal accuracy. */
  readonly calls_same_verdict: number;
  /** The same where nothing is ever learned of who wasn't asked, and its accuracy over all asked. */
  readonly calls_stopped: number;
  readonly stopped_over_all_asked: number | null;
}

class Score {
  #right = 0;
  #checked = 0;
  #judged = 0;
  #rightAnswers = 0;
  #calls = 0;
  #answered = 0;
  #tasks = 0;

  constructor(readonly rule: string) {}

  count({ chosen, calls, isGuess = false }: Choice, isChecked: boolean): void {
    this.#tasks++;
    this.#calls += calls;
    const isAnswer = chosen !== null && !isGuess;
    if (isAnswer) this.#answered++;
    if (!isChecked) return;
    this.#checked++;
    if (chosen?.ok === true) this.#right++;
    if (!isAnswer) return;
    this.#judged++;
    if (chosen.ok === true) this.#rightAnswers++;
  }

  get right(): number {
    return this.#right;
  }

  figures(): RuleFigures {
    return {
      rule: this.rule,
      accuracy: share(this.#right, this.#checked),
      precision: share(this.#rightAnswers, this.#judged),
      calls: this.#calls / this.#tasks,
      answered: this.#answered / this.#tasks,
    };
  }
}

/** One task after the other; memory grows with experts and types, not with tasks. */
export class AggregationReplay {
  readonly #experts = new Map<string, Score>();
  readonly #rules: readonly (readonly [Rule, Score])[];
  #tasks = 0;
  #checked = 0;
  #solvable = 0;

  constructor() {
    this.#rules = newRules().map(
      (rule) => [rule, new Score(rule.rule)] as const,
    );
  }

  push(task: RecordedTask): void {
    const isChecked =
      task.answers.length > 0 && task.answers.every(({ ok }) => ok !== null);
    this.#tasks++;
    if (isChecked) this.#checked++;
    if (isChecked && task.answers.some(({ ok }) => ok)) this.#solvable++;
    for (const answer of task.answers) {
      const score =
        this.#experts.get(answer.expert) ?? new Score(answer.expert);
      this.#experts.set(answer.expert, score);
      score.count({ chosen: answer, calls: 1 }, isChecked);
    }
    for (const [rule, score] of this.#rules)
      score.count(rule.choose(task), isChecked);
  }

  report(): AggregationReport {
    const experts = [...this.#experts.values()];
    const best = experts.reduce<Score | null>(
      (most, score) => (score.right > (most?.right ?? 0) ? score : most),
      null,
    );
    const rules = this.#rules.map(([, score]) => score.figures());
    const of = (name: string): RuleFigures | undefined =>
      rules.find(({ rule }) => rule === name);
    const ours = of(ALL_ASKED)?.accuracy ?? null;
    const stopped = of(STOPPED);
    return {
      tasks: this.#tasks,
      checked_tasks: this.#checked,
      experts: experts.map((score) => ({
        ...score.figures(),
        accuracy: share(score.right, this.#checked),
      })),
      best_single: best?.rule ?? null,
      oracle: share(this.#solvable, this.#checked),
      rules,
      targets: {
        over_majority: points(ours, of(MAJORITY)?.accuracy ?? null),
        over_best_single: points(ours, share(best?.right ?? 0, this.#checked)),
        calls_same_verdict: of(UNTIL_SETTLED)?.calls ?? 0,
        calls_stopped: stopped?.calls ?? 0,
        stopped_over_all_asked: points(stopped?.accuracy ?? null, ours),
      },
    };
  }
}

const share = (part: number, whole: number): number | null =>
  whole === 0 ? null : part / whole;

const points = (ours: number | null, theirs: number | null): number | null =>
  ours === null || theirs === null ? null : (ours - theirs) * 100;
