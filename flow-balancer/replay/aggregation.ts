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
import { readTrace } from "../commands/replay/read-trace.ts";
import { BalancerError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import { alignedLines } from "../core/table.ts";
import type { ReplayReport } from "./replay-report.ts";

/** Of the experts; JSON has all. */
const MAX_SHOWN = 12;
const COLUMNS = ["id", "expert", "ok", "output"];

/** Outputs are long, their keys aren't: only those are kept until the trace was read. */
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
  for (const [id, answers] of await readTasks(trace))
    replay.push({ type: typeOf(id), answers: withKeys(answers) });
  const report = replay.report();
  return { json: { trace, ...report }, text: textOf(trace, report) };
}

/** By id, in the order in which ids first appear; rows of one id need not stand together. */
async function readTasks(trace: string): Promise<Map<string, ReadAnswer[]>> {
  const tasks = new Map<string, ReadAnswer[]>();
  await readTrace(trace, COLUMNS, ({ line, fields }) => {
    const [id = "", expert = "", ok = "", output = ""] = fields;
    if (id === "" || expert === "")
      throw new BalancerError(
        "INVALID_INPUT",
        `${trace}, line ${line}: ${id === "" ? "id" : "expert"} is empty`,
      );
    const answers = tasks.get(id) ?? [];
    tasks.set(id, answers);
    answers.push({
      expert,
      ok: okOf(trace, line, ok),
      ...keysOf(output),
    });
  });
  return tasks;
}

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

function okOf(trace: string, line: number, field: string): boolean | null {
  const text = field.trim().toLowerCase();
  if (text === "") return null;
  if (text === "1" || text === "true") return true;
  if (text === "0" || text === "false") return false;
  throw new BalancerError(
    "INVALID_INPUT",
    `${trace}, line ${line}: ok is ${quoted(field)}; it is 1, 0, or empty where nobody checked`,
  );
}

function textOf(trace: string, report: AggregationReport): string {
  const { tasks, checked_tasks, experts, rules, best_single } = report;
  return [
    `${trace}: ${whole(tasks)} tasks, ${whole(checked_tasks)} of them checked, ${whole(experts.length)} experts`,
    "",
    "Each rule says its answer to a task first, and is told what was right afterwards; tasks in the order of the trace.",
    "Accuracy: the output handed back was marked ok / checked tasks. Calls: experts asked a task. Answered: an output was handed back as the answer / tasks.",
    "Precision: it was marked ok / checked tasks where one was handed back as the answer.",
    "Two outputs give the same answer where their canonical forms are equal, which is told from the outputs alone.",
    ...columns([
      HEAD,
      ...experts.slice(0, MAX_SHOWN).map(cells),
      ...rules.map(cells),
    ]),
    ...(experts.length > MAX_SHOWN
      ? [`(the first ${MAX_SHOWN} experts of ${whole(experts.length)})`]
      : []),
    `best single expert in hindsight: ${best_single ?? "none was right"}; any expert right (oracle): ${percent(report.oracle)}`,
    "",
    "majority: all asked; of equals, the answer given first in the trace.",
    "first two that agree: asked in the order of the trace; no answer where no two agree.",
    "best expert so far: the one with the highest learned rate.",
    "weighted: sum of log(p (K-1) / (1-p)) of those who agree; p the expert's rate so far, K the number of possible answers, learned from how often",
    "wrong ones coincide; of up to 6 voters the chance is corrected by the record of just these agreeing against just those. From checks: told ok of each",
    "answer after the task. From agreement alone: never told ok; rates that fit how often each two experts agree.",
    "votes until settled: most reliable first, until no further vote can change the verdict; told of all afterwards, so its verdicts are those of all asked.",
    "stopped when settled: told only of those it asked; asks all until 20 answers of each who would be left out are known.",
    "run_ensemble: its policy (strategy consensus). It answers where two agree, or where one is right more often than not by 20 checks of it or more; else it says that",
    "there is no agreement, and hands what leads back as a guess, which counts for accuracy alone;",
    "nobody checks: never told ok; checks teach: told ok of those it asked, after the task.",
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

const percent = (value: number | null): string =>
  value === null ? "-" : `${(value * 100).toFixed(1)} %`;

const signed = (value: number | null): string =>
  value === null ? "-" : `${value < 0 ? "" : "+"}${value.toFixed(1)}`;

const whole = (value: number): string => value.toLocaleString("en-US");

const columns = (rows: readonly (readonly string[])[]): string[] =>
  alignedLines(rows, Bun.stringWidth);
