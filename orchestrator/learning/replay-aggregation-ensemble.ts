/** run_ensemble on recorded answers: the policy itself, with each expert's recorded output for its attempt. It stands by an answer, or says that there is none. */

import type { SeatResult } from "../../flow-balancer/core/ensemble.ts";
import { EnsembleMemory } from "./aggregate-memory.ts";
import { AggregateRun } from "./aggregate-run.ts";
import type {
  Choice,
  RecordedAnswer,
  RecordedTask,
  Rule,
} from "./replay-aggregation-rules.ts";

/** `teaches`: a check tells ok of each that was asked, after the answer was given: it never decides. */
export function asEnsemble(rule: string, teaches: boolean): Rule {
  const memory = new EnsembleMemory();
  let tasks = 0;
  return {
    rule,
    choose: (task) => chosenBy(task, `${tasks++}`, memory, teaches),
  };
}

function chosenBy(
  { type, answers }: RecordedTask,
  id: string,
  memory: EnsembleMemory,
  teaches: boolean,
): Choice {
  const [first, ...others] = answers.map(({ expert }) => expert);
  if (first === undefined) return { chosen: null, calls: 0 };
  const run = new AggregateRun(
    {
      id,
      type,
      seats: [first, ...others],
      strategy: "consensus",
      // Canonical forms are compared as they are.
      resultKind: "text",
      check: teaches ? "verdict" : null,
      minSupport: null,
      allAtOnce: false,
    },
    memory,
    (evidence) => memory.learn(evidence),
  );
  const results: SeatResult[] = [];
  const failed: number[] = [];
  for (;;) {
    const progress = { isNew: true, results, running: [], failed };
    const { settled, start } = run.next(progress);
    if (settled !== null || start.length === 0) {
      const { outcome, seats } = run.conclude(progress, []);
      return {
        chosen: answers[seats[0] ?? -1] ?? null,
        isGuess: outcome !== "value",
        calls: results.length + failed.length,
      };
    }
    for (const seat of start) {
      const result = resultOf(answers[seat], seat, teaches);
      if (result === null) failed.push(seat);
      else results.push(result);
    }
  }
}

/** Its score is looked at by nothing but `conclude`, which has chosen by then. */
function resultOf(
  answer: RecordedAnswer | undefined,
  seat: number,
  teaches: boolean,
): SeatResult | null {
  if (answer === undefined || answer.key === null) return null;
  const { key, ok } = answer;
  const score = teaches && ok !== null ? Number(ok) : null;
  return { seat, value: key, score, cost: 1 };
}
