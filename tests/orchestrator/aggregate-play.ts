/** An ensemble played through to its end, with what each attempt says written down before. */

import type {
  EnsembleAnswer,
  EnsembleQuestion,
  SeatResult,
} from "../../flow-balancer/core/ensemble.ts";
import type { JsonValue } from "../../flow-balancer/core/json.ts";
import { EnsembleMemory } from "../../orchestrator/learning/aggregate-memory.ts";
import { AggregateRun } from "../../orchestrator/learning/aggregate-run.ts";

interface Said {
  readonly value: JsonValue;
  readonly score?: number | null;
}

interface Played extends EnsembleAnswer {
  /** In the order in which they were started. */
  readonly asked: readonly number[];
}

export const QUESTION: EnsembleQuestion = {
  id: "1",
  type: "t",
  seats: ["one"],
  strategy: "consensus",
  resultKind: null,
  check: null,
  minSupport: null,
  allAtOnce: false,
};

/** Whoever is asked says what stands at its seat (null: it fails); `judge` is the check of lists. */
export function play(
  says: readonly (Said | null)[],
  question: Partial<EnsembleQuestion> = {},
  memory = new EnsembleMemory(),
  judge: (value: JsonValue) => number | null = () => null,
): Played {
  const names = says.map(() => "one");
  const run = new AggregateRun(
    {
      ...QUESTION,
      seats: [names[0] ?? "one", ...names.slice(1)],
      ...question,
    },
    memory,
    (evidence) => memory.learn(evidence),
  );
  const results: SeatResult[] = [];
  const failed: number[] = [];
  const asked: number[] = [];
  for (;;) {
    const progress = { isNew: true, results, running: [], failed };
    const { settled, start } = run.next(progress);
    if (settled !== null || start.length === 0) {
      const scores = run.proposals(progress).map(({ value }) => judge(value));
      return { ...run.conclude(progress, scores), asked };
    }
    for (const seat of start) {
      asked.push(seat);
      const said = says[seat] ?? null;
      if (said === null) failed.push(seat);
      else
        results.push({
          seat,
          value: said.value,
          score: said.score ?? null,
          cost: 1,
        });
    }
  }
}

export const say = (...values: JsonValue[]): Said[] =>
  values.map((value) => ({ value }));
