/** `replay router`: which tasks are worth the dear expert, and whom to ask, on a trace of what two experts solved. */

import {
  type RouterReport,
  replayRouter,
} from "../../orchestrator/routing/replay-router.ts";
import type {
  LivedFigures,
  PriceReport,
} from "../../orchestrator/routing/replay-router-bandit.ts";
import type { TracedTask } from "../../orchestrator/routing/replay-router-rules.ts";
import type {
  RuleCurve,
  SplitReport,
} from "../../orchestrator/routing/replay-router-split.ts";
import { seededChance } from "../../orchestrator/routing/seeded-order.ts";
import { readTrace } from "../commands/replay/read-trace.ts";
import { BalancerError } from "../core/errors.ts";
import { grouped } from "../core/figures.ts";
import { quoted } from "../core/quoted.ts";
import { ownText } from "./own-text.ts";
import { columns } from "./report-figures.ts";
import type { ReplayReport } from "./replay-report.ts";

const COLUMNS = ["type", "prompt", "weak_ok", "strong_ok"];
/** More say little more, and take long: of a longer trace as many at random (reservoir sampling, Vitter 1985). */
const MOST_TASKS = 20_000;

interface Sample {
  readonly tasks: readonly TracedTask[];
  readonly rows: number;
}

export async function router(trace: string): Promise<ReplayReport> {
  const { tasks, rows } = await readTasks(trace);
  const report = replayRouter(tasks);
  return {
    json: { trace, definitions: DEFINITIONS, rows, ...report },
    text: textOf(trace, rows, report),
  };
}

async function readTasks(trace: string): Promise<Sample> {
  const chance = seededChance(1);
  const tasks: TracedTask[] = [];
  let rows = 0;
  await readTrace(trace, COLUMNS, ({ line, fields }) => {
    const [type = "", prompt = "", weak = "", strong = ""] = fields;
    const outcomes = {
      weak: solved(trace, line, "weak_ok", weak),
      strong: solved(trace, line, "strong_ok", strong),
    };
    rows++;
    const place = rows <= MOST_TASKS ? rows - 1 : Math.floor(chance() * rows);
    if (place < MOST_TASKS)
      tasks[place] = {
        kind: "task",
        bucket: ownText(type),
        tags: [],
        text: ownText(prompt),
        ...outcomes,
      };
  });
  return { tasks, rows };
}

function solved(
  trace: string,
  line: number,
  column: string,
  field: string,
): boolean {
  const text = field.trim().toLowerCase();
  if (text === "1" || text === "true") return true;
  if (text === "0" || text === "false") return false;
  throw new BalancerError(
    "INVALID_INPUT",
    `${trace}, line ${line}: ${column} is ${text === "" ? "empty" : quoted(field)}; it is 1 where the expert solved the task, else 0`,
  );
}

const sampled = `beyond ${grouped(MOST_TASKS)} tasks so many at random, the same ones in every run`;

/** Beside the figures, for whoever has only those. */
const DEFINITIONS = {
  rows: `tasks of the file; all figures are of tasks: ${sampled}`,
  split:
    "which tasks are worth the strong expert: a rule learns from what both did in one part, and scores the tasks of the other; figures are means over the tests",
  apgr: "average, over all shares of tasks that go to the strong expert, the highest scores first, of (right - right of weak alone) / (right of strong alone - right of weak alone); at random 0.500; null (-) where strong solved no more than weak",
  cpt50_cpt80:
    "share of tasks the strong expert needs for 50 % and 80 % of what it gains over the weak one",
  "longest text first": "by the number of different words",
  "type alone":
    "what strong gained over weak in the type, drawn to the gain in all as by 20 tasks",
  lived:
    "one task after the other in random order, nothing learned before, and only the outcome of who was asked is told; a price report a cost of strong, weak costs a tenth of it",
  utility: "right - cost, per task, in units of a success",
  best_fixed:
    "of each type the expert with the higher utility over the whole run, in hindsight",
  oracle: "the expert with the higher utility of each task, in hindsight",
  regret:
    "utility of best fixed - that of the rule, per 1,000 tasks, in each quarter of the run",
  accuracy:
    "utility / that of best fixed; after 200: over tasks with 200 earlier ones of their type; last: over the last quarter of the run",
  ours: "one expert a task; next one if it failed: after a check that tells the truth; 1 check in 10 wrong: simulated, at random",
} as const;

function textOf(trace: string, rows: number, report: RouterReport): string {
  const { tasks, types, weak_right, strong_right, either_right } = report;
  const part = rows > tasks ? ` (${grouped(tasks)} of them at random)` : "";
  return [
    `${trace}: ${grouped(rows)} tasks${part} of ${grouped(types)} types; weak ${percent(weak_right)} right, strong ${percent(strong_right)}, one of both ${percent(either_right)}`,
    "",
    `Split: ${DEFINITIONS.split}; least and most in brackets.`,
    `APGR: ${DEFINITIONS.apgr}.`,
    `CPT50, CPT80: ${DEFINITIONS.cpt50_cpt80}.`,
    ...splitLines("half of the tasks learned, half tested", report.half),
    ...(report.types_left_out === null
      ? ["Leaving types out: there is one type only."]
      : splitLines(
          "half of the types learned, the others tested",
          report.types_left_out,
        )),
    `longest text first: ${DEFINITIONS["longest text first"]}. type alone: ${DEFINITIONS["type alone"]}.`,
    "",
    `Lived: ${DEFINITIONS.lived}.`,
    `Utility: ${DEFINITIONS.utility}. Best fixed: ${DEFINITIONS.best_fixed}.`,
    `Regret: ${DEFINITIONS.regret}. Accuracy: ${DEFINITIONS.accuracy}.`,
    `ours: ${DEFINITIONS.ours}.`,
    ...report.lived.flatMap(priceLines),
    "",
    ...targetLines(report),
  ].join("\n");
}

const splitLines = (
  name: string,
  { tests, learned, tested, rules }: SplitReport,
): string[] => [
  `${name} (${tests} tests, about ${grouped(learned)} and ${grouped(tested)} tasks):`,
  ...columns([
    ["rule", "APGR", "", "CPT50", "CPT80"],
    ...rules.map(curveCells),
  ]),
];

const curveCells = ({ rule, apgr, cpt50, cpt80 }: RuleCurve): string[] => [
  rule,
  apgr === null ? "-" : apgr.mean.toFixed(3),
  apgr === null ? "" : `(${apgr.least.toFixed(3)}-${apgr.most.toFixed(3)})`,
  percent(cpt50),
  percent(cpt80),
];

const priceLines = (report: PriceReport): string[] => [
  `a call of strong costs ${report.strong_cost}, of weak ${report.weak_cost.toFixed(2)}; utility of best fixed ${report.best_fixed_utility.toFixed(3)}, of the better of each task ${report.oracle_utility.toFixed(3)}:`,
  ...columns([
    [
      "rule",
      "right",
      "cost",
      "utility",
      "calls",
      "regret",
      "",
      "",
      "",
      "after 200",
      "last",
    ],
    ...report.rules.map(livedCells),
  ]),
];

const livedCells = (figures: LivedFigures): string[] => [
  figures.rule,
  percent(figures.right),
  figures.cost.toFixed(3),
  figures.utility.toFixed(3),
  figures.calls.toFixed(2),
  ...figures.regret.map((it) => it.toFixed(0)),
  percent(figures.accuracy_after_200),
  percent(figures.accuracy_last_quarter),
];

const targetLines = ({ targets }: RouterReport): string[] => [
  `Ours: APGR ${decimal(targets.apgr)}, with types left out ${decimal(targets.apgr_types_left_out)}; regret by quarter, mean over prices: ${targets.regret.map((it) => it.toFixed(1)).join(", ")};`,
  `accuracy, least of all prices: ${percent(targets.least_accuracy_after_200)} after 200 tasks a type${targets.least_accuracy_after_200 === null ? " (no type has as many)" : ""}, ${percent(targets.least_accuracy_last_quarter)} in the last quarter.`,
];

const decimal = (value: number | null): string =>
  value === null ? "-" : value.toFixed(3);

/** Rounded down. */
const percent = (value: number | null): string =>
  value === null ? "-" : `${(Math.floor(value * 1_000) / 10).toFixed(1)} %`;
