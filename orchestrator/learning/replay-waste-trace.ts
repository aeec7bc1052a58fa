/** Recorded outputs by task, what is known of their being redundant, and which pairs are looked at. */

import { markedAnswer } from "./canonical-answer.ts";
import { type CanonicalResult, canonicalise } from "./canonical-result.ts";
import { hash32, mix32 } from "./similarity-hash.ts";
import { type WasteOfRun, wasteOf } from "./waste.ts";

export interface ExpertAnswer {
  readonly expert: string;
  /** Null where nobody judged it. */
  readonly ok: boolean | null;
  readonly output: string;
}

/** In the order of the trace, which stands for the order of completion. */
export interface AnswerTask {
  readonly id: string;
  readonly answers: readonly ExpertAnswer[];
}

/** An output in canonical form. Equal keys: the same result. */
export interface Answered extends ExpertAnswer {
  readonly key: string;
  readonly result: CanonicalResult;
}

export interface AnsweredTask {
  readonly id: string;
  readonly answers: readonly Answered[];
  /** Of running all, every one at the same cost. */
  readonly waste: WasteOfRun;
}

export interface AnswerRow extends ExpertAnswer {
  readonly id: string;
}

export function answeredTask({ id, answers }: AnswerTask): AnsweredTask {
  const canonical = answers.map((answer) => {
    const result = canonicalise(answer.output);
    return { ...answer, result, key: `${result.kind} ${result.key}` };
  });
  const waste = wasteOf(
    canonical.map(({ result }) => result),
    canonical.map(() => 1),
  );
  return { id, answers: canonical, waste };
}

/** An output as the truth sees it. No signal is shown any of this. */
export interface JudgedOutput {
  readonly ok: boolean | null;
  /** What its last line marks as the answer; null where it marks none. */
  readonly marked: string | null;
}

/** Tasks in the order of their first rows; the rows of one need not stand together. */
export const tasksOf = (rows: readonly AnswerRow[]): AnswerTask[] =>
  [...Map.groupBy(rows, ({ id }) => id)].map(([id, answers]) => ({
    id,
    answers,
  }));

export const judged = ({ ok, output }: ExpertAnswer): JudgedOutput => {
  const text = output.trimEnd();
  return { ok, marked: markedAnswer(text.slice(text.lastIndexOf("\n") + 1)) };
};

/** Without the lines that mark an answer. */
export const unmarked = (output: string): string =>
  output
    .split("\n")
    .filter((line) => markedAnswer(line) === null)
    .join("\n")
    .trim();

/** Whether a pair is redundant, in truth; null where the truth doesn't say. */
export type Truth = (a: JudgedOutput, b: JudgedOutput) => boolean | null;

export const TRUTHS = {
  /** Two right ones say the same, a right and a wrong one don't; of two wrong ones it is not known. */
  ok: (a, b) =>
    a.ok === null || b.ok === null || !(a.ok || b.ok) ? null : a.ok && b.ok,
  "marked answer": (a, b) =>
    a.marked === null || b.marked === null ? null : a.marked === b.marked,
} satisfies Record<string, Truth>;

export type TruthName = keyof typeof TRUTHS;

/** Calls `onPair` for the pairs of a task that are in the sample: each with the same chance, the same ones in every run. */
export function eachPair(
  task: AnsweredTask,
  share: number,
  onPair: (a: number, b: number) => void,
): void {
  const seed = hash32(task.id);
  for (let b = 1; b < task.answers.length; b++)
    for (let a = 0; a < b; a++)
      if (share >= 1 || mix32(seed ^ (b << 16) ^ a) / 2 ** 32 < share)
        onPair(a, b);
}
