/** `replay waste`: what running several experts for the same task wasted, on a trace of their recorded outputs. */

import {
  replayWaste,
  type SignalTable,
  type WasteReport,
} from "../../orchestrator/learning/replay-waste.ts";
import { GATE_DEFAULTS } from "../../orchestrator/learning/parallel-gate-settings.ts";
import { BalancerError } from "../core/errors.ts";
import { grouped } from "../core/figures.ts";
import { quoted } from "../core/quoted.ts";
import { columns, percent } from "./report-figures.ts";
import type { ReplayReport } from "./replay-report.ts";
import { readAnswers } from "./read-answers.ts";
import { sampledWords, type TaskSample } from "./task-sample.ts";

/** All pairs of a task are looked at. */
const MAX_OUTPUTS = 1_024;
/** More say little more, and take long: of a longer trace whole tasks at random. */
const LIMITS = { rows: 25_000, chars: 50_000_000 };

export async function waste(trace: string): Promise<ReplayReport> {
  const sample = await readRows(trace);
  const report = replayWaste(sample.rows);
  return {
    json: { trace, definitions: DEFINITIONS, rows: sample.seen, ...report },
    text: textOf(trace, sample.seen, report),
  };
}

async function readRows(trace: string): Promise<TaskSample> {
  const sample = await readAnswers(trace, LIMITS);
  const outputs = new Map<string, number>();
  for (const { id } of sample.rows) outputs.set(id, (outputs.get(id) ?? 0) + 1);
  for (const [id, count] of outputs)
    if (count > MAX_OUTPUTS)
      throw new BalancerError(
        "INVALID_INPUT",
        `${trace}: ${grouped(count)} outputs of the task ${quoted(id)}, at most ${grouped(MAX_OUTPUTS)} can be held against one another; is the column id the task's?`,
      );
  if (outputs.size === sample.rows.length)
    throw new BalancerError(
      "INVALID_INPUT",
      `${trace}: no task has two outputs, and without two there is nothing to compare`,
      { hint: "Take a trace in which several rows share an id." },
    );
  return sample;
}

const { wasteThreshold, maxLoss, sureness, minRuns, probeRate } = GATE_DEFAULTS;

/** Beside the figures, for whoever has only those. */
const DEFINITIONS = {
  rows: sampledWords(LIMITS),
  pair: "two outputs for the same task; signals see the two texts and nothing else",
  ok: "truth: two outputs marked ok are redundant, one that is and one that is not are different; of two that are not it is not known, and such pairs are left out",
  "marked answer":
    "truth: the answer the last line marks (A: 26, #### 26, answer is 26, \\boxed{26}): equal ones are redundant; the ladder reads such marks too, so of whole texts this is true by construction",
  "without the marked answer":
    "lines that mark an answer are taken out before any signal sees the text",
  auc: "P(a redundant pair scores above a different one), ties half",
  recall: "redundant pairs that score at the threshold or above / redundant",
  false_positive_rate:
    "different pairs that score at the threshold or above / different",
  recall_at_2_percent:
    "the most recall at any one threshold, chosen in hindsight, with a false positive rate of at most 2 %",
  ladder:
    "1 where canonical forms are equal; else 0 of two answers, Jaccard index of items (sets, patches, structures) or of shingles (text; estimated by MinHash from 2,000 on)",
  waste:
    "sum of cost x (1 - novelty) / sum of cost, in the order of the trace; the first output has novelty 1, each later one 1 - its greatest sameness (of the ladder) with one before; each output costs the same",
  gate: `decides before a task is run; one expert where, after ${minRuns} runs of several, the others gained nothing in a mean of more than ${wasteThreshold} of runs, and P(share gained < ${maxLoss} + share harmed) > ${sureness}; gained: the accepted result is ok and that of the one alone is not (weighted), or differs from it (majority, which is told of no ok); ${probeRate * 100} % of tasks as probes; several again once that P is below ${(1 - sureness).toFixed(1)}; of a task run by one expert the other outputs are not seen`,
  majority:
    "accepted is what most gave, of a tie the first; one alone is the expert with whom others agreed most often so far",
  weighted:
    "accepted is the result with the greatest sum of log(9 p / (1 - p)), p the expert's share of ok so far; one alone is the expert of the highest p",
  accepted_as_all:
    "tasks whose accepted result is that of the same rule with all experts run / tasks",
  accepted_right: "accepted results marked ok / accepted results with a mark",
} as const;

function textOf(trace: string, rows: number, report: WasteReport): string {
  const { tasks, outputs, experts, pairs, pairs_compared, distinct } = report;
  const kinds = Object.entries(report.kinds).map(
    ([kind, count]) => `${grouped(count)} ${kind}`,
  );
  return [
    ...(rows > outputs
      ? [
          `${trace} has ${grouped(rows)} rows, and a part is looked at. Rows: ${DEFINITIONS.rows}.`,
        ]
      : []),
    `${trace}: ${grouped(tasks)} tasks, ${grouped(outputs)} outputs of ${grouped(experts)} experts; by their looks ${kinds.join(", ")}`,
    `Different outputs within their tasks: ${grouped(distinct.by_letter)} by the letter, ${grouped(distinct.canonical)} in canonical form.`,
    `${grouped(pairs)} pairs of outputs for the same task${pairs_compared < pairs ? `; an even sample of ${grouped(pairs_compared)} is compared` : ""}.`,
    "",
    ...signalLines(report),
    "",
    "What running all experts wastes, and what the gate makes of it, tasks in the order of the trace.",
    ...defined({ waste: "waste", "as the gate says": "gate" }),
    ...defined({ majority: "majority" }),
    ...(report.gate.some((it) => it.accepted_by === "weighted")
      ? defined({ weighted: "weighted" })
      : []),
    ...defined({ "as all": "accepted_as_all", right: "accepted_right" }),
    ...gateLines(report),
  ].join("\n");
}

function signalLines({ tables }: WasteReport): string[] {
  if (tables.length === 0)
    return [
      "Nothing in this trace says which pairs are redundant (ok is empty or always the same, and no answer is marked): signals cannot be judged on it.",
    ];
  const truths = new Set(tables.map(({ truth }) => truth));
  return [
    "How well signals tell redundant pairs from different ones.",
    ...defined({ pair: "pair" }),
    ...[...truths].flatMap((truth) => defined({ [truth]: truth })),
    ...defined({
      "without the marked answer": "without the marked answer",
      AUC: "auc",
      recall: "recall",
      "false positives": "false_positive_rate",
      "recall at 2 %": "recall_at_2_percent",
      ladder: "ladder",
    }),
    ...tables.flatMap((table) => ["", ...tableLines(table)]),
  ];
}

const tableLines = (table: SignalTable): string[] => [
  `Truth by ${table.truth}, texts ${table.text}: ${grouped(table.redundant)} redundant pairs, ${grouped(table.different)} different ones.`,
  ...columns([
    [
      "signal",
      "AUC",
      "threshold",
      "recall",
      "false positives",
      "recall at 2 %",
    ],
    ...table.signals.map((it) => [
      it.signal,
      it.auc === null ? "-" : it.auc.toFixed(3),
      it.threshold.toFixed(1),
      percent(it.recall),
      percent(it.false_positive_rate),
      percent(it.recall_at_2_percent),
    ]),
  ]),
];

const gateLines = ({ gate }: WasteReport): string[] =>
  columns([
    [
      "accepted by",
      "run",
      "calls a task",
      "waste",
      "as all",
      "right",
      "tasks of one",
      "probes",
    ],
    ...gate.map((it) => [
      it.accepted_by,
      it.gated ? "as the gate says" : "all",
      it.calls_per_task.toFixed(2),
      percent(it.waste),
      percent(it.accepted_as_all),
      percent(it.accepted_right),
      grouped(it.single_tasks),
      grouped(it.probes),
    ]),
  ]);

/** By what stands in the tables. */
const defined = (
  terms: Readonly<Record<string, keyof typeof DEFINITIONS>>,
): string[] =>
  Object.entries(terms).map(
    ([term, name]) => `  ${term}: ${DEFINITIONS[name]}`,
  );
