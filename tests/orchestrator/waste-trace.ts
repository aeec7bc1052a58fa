/** Outputs of unequal experts for the same sums, in the form of the recorded traces. Seeded. */

import { seededRandom } from "../../benchmarks/seeded-random.ts";
import type { AnswerRow } from "../../orchestrator/learning/replay-waste-trace.ts";

export interface Experts {
  /** Share of right answers, by expert. */
  readonly rates: Readonly<Record<string, number>>;
  readonly tasks: number;
  readonly seed: number;
}

const OPENINGS = [
  "Let us see what there is",
  "First we add both",
  "What is asked for is a sum",
  "Two heaps of apples",
];

/** A wrong answer is one of many; the way to an answer is worded by chance. */
export function answerRows({ rates, tasks, seed }: Experts): AnswerRow[] {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  return Array.from({ length: tasks }, (_, task) => {
    const [a, b] = [100 + below(900), 100 + below(900)];
    return Object.entries(rates).map(([expert, rate]): AnswerRow => {
      const ok = random() < rate;
      const sum = ok ? a + b : a + b + 1 + below(50);
      const price = below(2) === 0 ? "" : "$";
      const output = `${OPENINGS[below(OPENINGS.length)]}: ${a} and ${b}.\nIn all ${a} + ${b} = ${price}${sum}\nA: ${sum}`;
      return { id: `sum-${task}`, expert, ok, output };
    });
  }).flat();
}

export const csvOf = (rows: readonly AnswerRow[]): string =>
  [
    "id,expert,ok,output",
    ...rows.map(
      ({ id, expert, ok, output }) =>
        `${id},${expert},${ok === null ? "" : ok ? 1 : 0},"${output.replaceAll('"', '""')}"`,
    ),
    "",
  ].join("\n");
