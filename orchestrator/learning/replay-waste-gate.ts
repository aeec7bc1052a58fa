/**
 * The gate on a trace in its order: each task is decided before anything of it is seen, and of a task
 * that ran with one expert the other outputs are never looked at. All outputs cost the same.
 */

import { ParallelGate } from "./parallel-gate.ts";
import type { ParallelRun } from "./parallel-gate-evidence.ts";
import type {
  Answered,
  AnsweredTask,
  ExpertAnswer,
} from "./replay-waste-trace.ts";

/**
 * `majority`: the result most experts gave, of a tie the first; one alone is the expert with whom
 * others agreed most often. `weighted`: each expert's vote weighs log(p x 9 / (1 - p)), p its share
 * of `ok` in tasks before (a wrong result counts as one of ten); one alone is that of the highest p.
 */
export type AcceptRule = "majority" | "weighted";

export interface GateRun {
  readonly accepted_by: AcceptRule;
  readonly gated: boolean;
  readonly calls_per_task: number;
  /** Of all calls, what went into results that were there already. */
  readonly waste: number;
  /** Share of tasks whose accepted result is the one where all experts run. */
  readonly accepted_as_all: number;
  /** Share of right ones, of accepted results whose `ok` is known; null where none is. */
  readonly accepted_right: number | null;
  readonly single_tasks: number;
  readonly probes: number;
}

/** A prior of one in two, as strong as so many tasks. */
const PRIOR = 4;
/** Wrong results one could give. */
const WRONG = 9;
const TYPE = "all tasks";

class Trust {
  readonly #tallies = new Map<string, { good: number; n: number }>();

  of(expert: string): number {
    const { good, n } = this.#tallies.get(expert) ?? { good: 0, n: 0 };
    return (good + PRIOR / 2) / (n + PRIOR);
  }

  learn(expert: string, good: boolean): void {
    const before = this.#tallies.get(expert) ?? { good: 0, n: 0 };
    this.#tallies.set(expert, {
      good: before.good + (good ? 1 : 0),
      n: before.n + 1,
    });
  }
}

/** One way of running the trace. Steps are to be in its order. */
export class GateSimulation {
  readonly #gate = new ParallelGate();
  readonly #trust = new Trust();
  readonly #sums = {
    tasks: 0,
    calls: 0,
    wasted: 0,
    alike: 0,
    right: 0,
    known: 0,
    single: 0,
    probes: 0,
  };

  constructor(
    readonly rule: AcceptRule,
    readonly gated: boolean,
  ) {}

  /** `asAll`: what is accepted where all run; null: this is where all run. Answers the key accepted. */
  step({ answers, waste }: AnsweredTask, asAll: string | null): string {
    const { rule } = this;
    const sums = this.#sums;
    const { mode, probe } = this.#gate.decide(TYPE, sums.tasks);
    const best = mostTrusted(answers, this.#trust);
    const isSingle = this.gated && mode === "single";
    const ran = isSingle ? [best] : answers;
    const accepted = acceptedOf(ran, rule, this.#trust);
    this.#gate.observe(TYPE, {
      experts: ran.length,
      alone: best.result,
      accepted: accepted.result,
      right: rule === "weighted" ? rightOf(best, accepted) : null,
      waste,
    });
    learnTrust(this.#trust, rule, ran);
    sums.tasks++;
    sums.calls += ran.length;
    sums.wasted +=
      ran.length > 1 && waste.compared ? waste.waste * ran.length : 0;
    sums.alike += accepted.key === (asAll ?? accepted.key) ? 1 : 0;
    sums.single += isSingle ? 1 : 0;
    sums.probes += this.gated && probe ? 1 : 0;
    sums.known += accepted.ok === null ? 0 : 1;
    sums.right += accepted.ok === true ? 1 : 0;
    return accepted.key;
  }

  figures(): GateRun {
    const { tasks, calls, wasted, alike, right, known, single, probes } =
      this.#sums;
    return {
      accepted_by: this.rule,
      gated: this.gated,
      calls_per_task: calls / tasks,
      waste: wasted / calls,
      accepted_as_all: alike / tasks,
      accepted_right: known === 0 ? null : right / known,
      single_tasks: single,
      probes,
    };
  }
}

/** What was marked; the majority is told of no marks. */
const rightOf = (alone: Answered, accepted: Answered): ParallelRun["right"] =>
  alone.ok === null || accepted.ok === null
    ? null
    : { alone: alone.ok, accepted: accepted.ok };

/** The first of those trusted alike. */
const mostTrusted = <Answer extends ExpertAnswer>(
  answers: readonly Answer[],
  trust: Trust,
): Answer =>
  answers.reduce((best, it) =>
    trust.of(it.expert) > trust.of(best.expert) ? it : best,
  );

function acceptedOf(
  ran: readonly Answered[],
  rule: AcceptRule,
  trust: Trust,
): Answered {
  const votes = new Map<string, number>();
  for (const { key, expert } of ran) {
    const p = trust.of(expert);
    const vote =
      rule === "majority" ? 1 : Math.max(0, Math.log((p * WRONG) / (1 - p)));
    votes.set(key, (votes.get(key) ?? 0) + vote);
  }
  return ran.reduce((best, it) =>
    (votes.get(it.key) ?? 0) > (votes.get(best.key) ?? 0) ? it : best,
  );
}

/** Only from what ran; agreement shows nothing where one ran alone. */
function learnTrust(
  trust: Trust,
  rule: AcceptRule,
  ran: readonly Answered[],
): void {
  for (const one of ran)
    if (rule === "weighted") {
      if (one.ok !== null) trust.learn(one.expert, one.ok);
    } else if (ran.length > 1)
      trust.learn(
        one.expert,
        ran.some((other) => other !== one && other.key === one.key),
      );
}
