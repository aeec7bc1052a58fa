/** `replay aggregation`: ways to make one answer of several experts' answers, on a trace of answers to the same tasks. */

import {
  canonicalise,
  type CanonicalResult,
} from "../../orchestrator/learning/canonical-result.ts";
import {
  AggregationReplay,
  type AggregationReport,
  type RuleFigures,
} from "../../orchestrator/learning/replay-aggregation.ts";
import { SURE_ENOUGH } from "../../orchestrator/learning/consensus-stop.ts";
import type { AnswerRow } from "../../orchestrator/learning/replay-waste-trace.ts";
import { grouped } from "../core/figures.ts";
import { columns, percent } from "./report-figures.ts";
import type { ReplayReport } from "./replay-report.ts";
import { readAnswers } from "./read-answers.ts";
import { sampledWords } from "./task-sample.ts";

/** Of the experts; JSON has all. */
const MAX_SHOWN = 12;

/** More say little more, and take long: of a longer trace whole tasks at random. */
const LIMITS = { rows: 50_000, chars: 50_000_000 };

interface ReadAnswer {
  readonly expert: string;
  readonly ok: boolean | null;
  /** By the kind the output was guessed to be of; null: there is no output. */
  readonly guessed: string | null;
  /** Read as an answer. */
  readonly asAnswer: string | null;
  readonly isAnswer: boolean;
}

export async function aggregation(trace: string): Promise<ReplayReport> {
  const replay = new AggregationReplay();
  const { rows, seen } = await readAnswers(trace, LIMITS);
  for (const [id, answers] of Map.groupBy(rows, (row) => row.id))
    replay.push({ type: typeOf(id), answers: withKeys(answers.map(read)) });
  const report = replay.report();
  return {
    json: { trace, definitions: DEFINITIONS, rows: seen, ...report },
    text: textOf(trace, { rows: seen, kept: rows.length }, report),
  };
}

const read = ({ expert, ok, output }: AnswerRow): ReadAnswer => ({
  expert,
  ok,
  ...keysOf(output),
});

function keysOf(
  output: string,
): Pick<ReadAnswer, "guessed" | "asAnswer" | "isAnswer"> {
  if (output.trim() === "")
    return { guessed: null, asAnswer: null, isAnswer: false };
  const guessed = canonicalise(output);
  const isAnswer = guessed.kind === "answer";
  const key = keyOf(guessed);
  return {
    guessed: key,
    asAnswer: isAnswer ? key : keyOf(canonicalise(output, "answer")),
    isAnswer,
  };
}

const keyOf = ({ kind, key }: CanonicalResult): string => `${kind} ${key}`;

/** Where most outputs of a task are answers, the others are read as answers too. */
function withKeys(answers: readonly ReadAnswer[]) {
  const given = answers.filter(({ guessed }) => guessed !== null);
  const isAnswer =
    given.filter((answer) => answer.isAnswer).length * 2 > given.length;
  return answers.map(({ expert, ok, guessed, asAnswer }) => ({
    expert,
    ok,
    key: isAnswer ? asAnswer : guessed,
  }));
}

/** `gsm-0012` is of type `gsm`; an id without a number at its end is of the one type of all such. */
const typeOf = (id: string): string => /^(.+)[-_:/.#]\d+$/.exec(id)?.[1] ?? "";

/** Beside the figures, for whoever has only those. */
const DEFINITIONS = {
  rows: sampledWords(LIMITS),
  order:
    "each rule says its answer to a task first, and is told what was right afterwards; tasks in the order of the trace",
  accuracy:
    "tasks whose output that was handed back was marked ok / checked tasks (all their outputs have a mark)",
  calls: "experts asked a task",
  answered: "tasks in which an output was handed back as the answer / tasks",
  precision:
    "tasks whose answer was marked ok / checked tasks where one was handed back as the answer",
  "the same answer":
    "two outputs whose canonical forms are equal, which is told from the outputs alone",
  best_single: "the expert with the most right answers, in hindsight",
  oracle: "checked tasks where at least one output was ok / checked tasks",
  targets:
    "over_...: percentage points of accuracy of weighted, learned from checks, over the other; calls_same_verdict: calls of votes until settled; calls_stopped, stopped_over_all_asked: calls of stopped when settled, and its points over the accuracy of all asked",
  rules: {
    majority: "all asked; of equals, the answer given first in the trace",
    "first two that agree":
      "asked in the order of the trace; no answer where no two agree",
    "best expert so far": "the one with the highest learned rate",
    weighted:
      "sum of log(p (K-1) / (1-p)) of those who agree; p the expert's rate so far, K the number of possible answers, learned from how often wrong ones coincide; of up to 6 voters the chance is corrected by the record of just these agreeing against just those",
    "learned from checks": "told ok of each answer after the task",
    "learned from agreement alone":
      "never told ok; rates that fit how often each two experts agree",
    "votes until settled":
      "most reliable first, until no further vote can change the verdict; told of all afterwards, so its verdicts are those of all asked",
    "stopped when settled":
      "told only of those it asked; asks all until 20 answers of each who would be left out are known",
    sure: `as stopped when settled; stops too once the leading answer's chance is over ${SURE_ENOUGH}, by 20 checked answers of each who gave it`,
    run_ensemble:
      "its policy (strategy consensus); it answers where two agree, or where one is right more often than not by 20 checks of it or more; else it says that there is no agreement, and hands what leads back as a guess, which counts for accuracy alone; nobody checks: never told ok; checks teach: told ok of those it asked, after the task",
  },
} as const;

function textOf(
  trace: string,
  { rows, kept }: { readonly rows: number; readonly kept: number },
  report: AggregationReport,
): string {
  const { tasks, checked_tasks, experts, rules, best_single } = report;
  const { rules: named, rows: sampled, ...terms } = DEFINITIONS;
  return [
    ...(rows > kept
      ? [
          `${trace} has ${grouped(rows)} rows, and a part is looked at. Rows: ${sampled}.`,
        ]
      : []),
    `${trace}: ${grouped(tasks)} tasks, ${grouped(checked_tasks)} of them checked, ${grouped(experts.length)} experts`,
    "",
    ...columns([
      HEAD,
      ...experts.slice(0, MAX_SHOWN).map(cells),
      ...rules.map(cells),
    ]),
    ...(experts.length > MAX_SHOWN
      ? [`(the first ${MAX_SHOWN} experts of ${grouped(experts.length)})`]
      : []),
    `best single expert in hindsight: ${best_single ?? "none was right"}; any expert right (oracle): ${percent(report.oracle)}`,
    "",
    ...Object.entries(terms).map(([term, meaning]) => `${term}: ${meaning}.`),
    "",
    ...Object.entries(named).map(([rule, meaning]) => `${rule}: ${meaning}.`),
    ...targetLines(report),
  ].join("\n");
}

const HEAD = ["rule", "accuracy", "calls", "answered", "precision"];

const cells = ({
  rule,
  accuracy,
  calls,
  answered,
  precision,
}: RuleFigures): readonly string[] => [
  rule,
  percent(accuracy),
  calls.toFixed(2),
  percent(answered),
  percent(precision),
];

function targetLines({
  targets,
  checked_tasks,
}: AggregationReport): readonly string[] {
  if (checked_tasks === 0)
    return ["", "Nothing was checked: no accuracy can be told."];
  return [
    "",
    `Weighted by checks: ${signed(targets.over_majority)} points over majority, ${signed(targets.over_best_single)} over the best single expert in hindsight;`,
    `the same verdicts with ${targets.calls_same_verdict.toFixed(2)} calls; stopped, ${targets.calls_stopped.toFixed(2)} calls and ${signed(targets.stopped_over_all_asked)} points.`,
  ];
}

const signed = (value: number | null): string =>
  value === null ? "-" : `${value < 0 ? "" : "+"}${value.toFixed(1)}`;
