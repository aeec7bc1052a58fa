/**
 * Signals of waste on recorded outputs of several experts for the same tasks: how well each tells
 * pairs that are truly redundant, what running all of them wasted, and what the gate makes of it.
 */

import type { ResultKind } from "./canonical-result.ts";
import {
  figuresOf,
  type ScoredPair,
  type SignalFigures,
} from "./replay-waste-auc.ts";
import {
  type AcceptRule,
  type GateRun,
  GateSimulation,
} from "./replay-waste-gate.ts";
import {
  type Prepared,
  prepare,
  scores,
  SIGNAL_THRESHOLD,
  SIGNALS,
} from "./replay-waste-signals.ts";
import {
  type AnswerRow,
  type AnsweredTask,
  answeredTask,
  eachPair,
  judged,
  type JudgedOutput,
  tasksOf,
  type TruthName,
  TRUTHS,
  unmarked,
} from "./replay-waste-trace.ts";

/** Whether the signals saw the outputs whole, or without the lines that mark the answer. */
export type SeenText = "whole" | "without the marked answer";

export interface SignalTable {
  readonly truth: TruthName;
  readonly text: SeenText;
  readonly redundant: number;
  readonly different: number;
  readonly signals: readonly ({ readonly signal: string } & SignalFigures)[];
}

export interface WasteReport {
  readonly tasks: number;
  readonly outputs: number;
  readonly experts: number;
  /** Guessed from each output alone. */
  readonly kinds: Readonly<Partial<Record<ResultKind, number>>>;
  readonly marked: number;
  /** Different outputs within their task, summed over tasks: by the letter, and in canonical form. */
  readonly distinct: { readonly by_letter: number; readonly canonical: number };
  readonly pairs: number;
  readonly pairs_compared: number;
  readonly tables: readonly SignalTable[];
  readonly gate: readonly GateRun[];
}

/** Of more pairs, an even sample is compared. */
const MAX_PAIRS = 50_000;
const TEXTS: readonly SeenText[] = ["whole", "without the marked answer"];

interface Collected {
  readonly truth: TruthName;
  readonly text: SeenText;
  /** One list a signal. */
  readonly pairs: readonly ScoredPair[][];
}

export function replayWaste(rows: readonly AnswerRow[]): WasteReport {
  const tasks = tasksOf(rows);
  const pairs = tasks.reduce(
    (sum, { answers: { length } }) => sum + (length * (length - 1)) / 2,
    0,
  );
  const share = MAX_PAIRS / Math.max(1, pairs);
  const tally = new Tally();
  const tables = tablesToFill();
  const gates = gatesFor(rows);
  let compared = 0;
  for (const recorded of tasks) {
    const task = answeredTask(recorded);
    const facts = recorded.answers.map(judged);
    tally.add(task, facts);
    compared += comparePairs(task, facts, share, tables);
    for (const { all, gated } of gates) gated.step(task, all.step(task, null));
  }
  return {
    tasks: tasks.length,
    outputs: rows.length,
    experts: new Set(rows.map(({ expert }) => expert)).size,
    ...tally.figures(),
    pairs,
    pairs_compared: compared,
    tables: tables.filter(hasBoth).map(tableOf),
    gate: gates.flatMap(({ all, gated }) => [all.figures(), gated.figures()]),
  };
}

/** Votes can be weighted by what was right only where something was judged. */
function gatesFor(
  rows: readonly AnswerRow[],
): { readonly all: GateSimulation; readonly gated: GateSimulation }[] {
  const rules: readonly AcceptRule[] = rows.some(({ ok }) => ok !== null)
    ? ["majority", "weighted"]
    : ["majority"];
  return rules.map((rule) => ({
    all: new GateSimulation(rule, false),
    gated: new GateSimulation(rule, true),
  }));
}

const tablesToFill = (): Collected[] =>
  Object.keys(TRUTHS).flatMap((truth) =>
    TEXTS.map((text) => ({
      truth: truth as TruthName,
      text,
      pairs: SIGNALS.map(() => []),
    })),
  );

class Tally {
  readonly #kinds: Partial<Record<ResultKind, number>> = {};
  #marked = 0;
  #byLetter = 0;
  #canonical = 0;

  add({ answers }: AnsweredTask, facts: readonly JudgedOutput[]): void {
    for (const { result } of answers)
      this.#kinds[result.kind] = (this.#kinds[result.kind] ?? 0) + 1;
    this.#marked += facts.filter(({ marked }) => marked !== null).length;
    this.#byLetter += new Set(answers.map(({ output }) => output)).size;
    this.#canonical += new Set(answers.map(({ key }) => key)).size;
  }

  figures(): Pick<WasteReport, "kinds" | "marked" | "distinct"> {
    return {
      kinds: this.#kinds,
      marked: this.#marked,
      distinct: { by_letter: this.#byLetter, canonical: this.#canonical },
    };
  }
}

/** The signals of a pair are of its two texts alone; the truth is looked up beside them. */
function comparePairs(
  task: AnsweredTask,
  facts: readonly JudgedOutput[],
  share: number,
  tables: readonly Collected[],
): number {
  const outputs = task.answers.map(({ output, result }, at) => ({
    truth: facts[at] ?? NOT_JUDGED,
    whole: once(() => prepare(output, result)),
    "without the marked answer": once(() => unmarkedParts(output)),
  }));
  let compared = 0;
  eachPair(task, share, (at, other) => {
    const [a, b] = [outputs[at], outputs[other]];
    if (a === undefined || b === undefined) return;
    compared++;
    for (const text of TEXTS) {
      if (
        text !== "whole" &&
        a.truth.marked === null &&
        b.truth.marked === null
      )
        continue;
      const known = tables.flatMap((table) => {
        const redundant = TRUTHS[table.truth](a.truth, b.truth);
        return redundant === null || table.text !== text
          ? []
          : [{ table, redundant }];
      });
      if (known.length === 0) continue;
      const [one, two] = [a[text](), b[text]()];
      if (one === null || two === null) continue;
      for (const [signal, score] of scores(one, two).entries())
        for (const { table, redundant } of known)
          table.pairs[signal]?.push({ score, redundant });
    }
  });
  return compared;
}

const NOT_JUDGED: JudgedOutput = { ok: null, marked: null };

/** Null where the marked answer is all there is. */
function unmarkedParts(output: string): Prepared | null {
  const text = unmarked(output);
  return text === "" ? null : prepare(text);
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => (made ??= { value: make() }).value;
}

const hasBoth = ({ pairs: [first = []] }: Collected): boolean =>
  first.some(({ redundant }) => redundant) &&
  first.some(({ redundant }) => !redundant);

function tableOf({ truth, text, pairs }: Collected): SignalTable {
  const [first = []] = pairs;
  const redundant = first.filter((pair) => pair.redundant).length;
  return {
    truth,
    text,
    redundant,
    different: first.length - redundant,
    signals: pairs.map((of, at) => ({
      signal: SIGNALS[at] ?? "",
      ...figuresOf(of, SIGNAL_THRESHOLD),
    })),
  };
}
