/** The report as a person likes to read it. Pure: text out of a report, for a width. */

import type { Paint } from "../core/paint.ts";
import { tableLines } from "../core/table.ts";
import { type Tier, TIERS } from "../core/tier.ts";
import { count, duration, grouped, percent, size } from "../core/figures.ts";
import { languageTable, topTable } from "./render-tables.ts";
import { type DemoReport, medianOf, type TierCounts } from "./report.ts";
import type { LeftOut } from "./select-files.ts";
import { padTo, wrapWords } from "./wrap-words.ts";

/** Of the facts below the tables. */
const LABEL_CHARS = 10;

export function renderReport(
  report: DemoReport,
  width: number,
  paint: Paint,
): string {
  const fact = (label: string, text: string): string[] =>
    wrapWords(text, width - LABEL_CHARS).map(
      (line, index) =>
        paint.bold(padTo(index === 0 ? label : "", LABEL_CHARS)) + line,
    );
  const sections = [
    headline(report, paint, width),
    withHead(languageTable(report, width), paint),
    withHead(topTable(report, width), paint),
    [
      ...fact("wc", `${grouped(report.files.words)} words`),
      ...historyText(report).flatMap((text, index) =>
        fact(index === 0 ? "git log" : "", text),
      ),
    ],
    [
      ...fact("Tasks", tasksText(report)),
      ...fact("Tiers", tiersText(report)),
      ...withHead(timesTable(report, width), paint),
    ],
    speedupLines(report, width, paint),
    [
      ...checkLines(report, width, paint),
      ...(report.files.changed_meanwhile === 0
        ? []
        : fact(
            "",
            `${count(report.files.changed_meanwhile, "file")} changed meanwhile and could not be checked`,
          )),
    ],
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

const withHead = (lines: readonly string[], paint: Paint): string[] =>
  lines.map((line, index) => (index === 0 ? paint.bold(line) : line));

function headline(
  { repo, files, totals, machine, protocol }: DemoReport,
  paint: Paint,
  width: number,
): string[] {
  const leftOut = leftOutText(files.left_out);
  return [
    ...wrapWords(
      `${repo}: ${count(files.analysed, "file")}, ${count(totals.lines, "line")}, ${size(totals.bytes)}`,
      width,
    ).map(paint.bold),
    ...[
      ...(leftOut === "" ? [] : [`left out: ${leftOut}`]),
      `asked for over MCP ${protocol} (stdio); Bun ${machine.bun}, ${machine.platform}, ${count(machine.cpus, "processor")}`,
    ].flatMap((text) => wrapWords(text, width).map(paint.dim)),
  ];
}

const LEFT_OUT_WORDS: Readonly<Record<keyof LeftOut, string>> = {
  binary: "binary",
  too_large: "over 256 KiB",
  not_a_file: "not a regular file",
  unprintable_name: "with an unprintable name",
  unreadable: "unreadable",
  not_sampled: "to save time (the others are spread evenly)",
};

const leftOutText = (leftOut: LeftOut): string =>
  Object.entries(LEFT_OUT_WORDS)
    .map(([why, words]) => ({ n: leftOut[why as keyof LeftOut], words }))
    .filter(({ n }) => n > 0)
    .map(({ n, words }) => `${grouped(n)} ${words}`)
    .join(", ");

function historyText({ history }: DemoReport): string[] {
  if (history === null) return ["no commits yet"];
  const { commits, authors, lines_added, lines_deleted } = history;
  const most = history.most_changed
    .filter(({ commits: n }) => n > 1)
    .map(({ path, commits: n }) => `${path} (${grouped(n)})`)
    .join(", ");
  return [
    `${history.partial ? "the newest " : ""}${count(commits, "commit")} by ${count(authors, "author")}, +${grouped(lines_added)} -${grouped(lines_deleted)} lines`,
    ...(most === "" ? [] : [`changed most often: ${most}`]),
  ];
}

const tasksText = ({ tasks, speedup }: DemoReport): string =>
  `${grouped(tasks.completed)} completed in ${count(speedup.parallel_ms.length, "run")}, ${grouped(Math.round(tasks.per_second))} a second`;

const tiersText = ({ tasks }: DemoReport): string =>
  `${tierText(tasks.tiers)}; in the warm-up before: ${tierText(tasks.warm_up_tiers)}`;

const tierText = (counts: TierCounts): string =>
  TIERS.map((tier: Tier) => `${tier} ${grouped(counts[tier])}`).join(", ");

const timesTable = ({ tasks }: DemoReport, width: number): string[] =>
  tableLines(
    [
      {
        title: "Times",
        cell: ({ name }) => name,
        weight: Infinity,
        cut: "start",
      },
      {
        title: "p50",
        cell: ({ times }) => duration(times.p50),
        weight: Infinity,
      },
      {
        title: "p95",
        cell: ({ times }) => duration(times.p95),
        weight: Infinity,
      },
    ],
    [
      { name: "wait (all are asked for at once)", times: tasks.wait_ms },
      { name: "start (loading the kind)", times: tasks.start_ms },
      { name: "run", times: tasks.run_ms },
    ],
    { width, widthOf: Bun.stringWidth },
  );

/** Nearer to one than this is noise. */
const NOISE = 0.05;
/** So short a run is mostly calls and answers. */
const MIN_TELLING_MS = 200;

function speedupLines(
  report: DemoReport,
  width: number,
  paint: Paint,
): string[] {
  const { speedup } = report;
  const { workers, ratio, parallel_ms, single_ms, tasks_a_run } = speedup;
  const factor = `${ratio.toFixed(2)}x`;
  const runs =
    single_ms.length === 1
      ? "one run each"
      : `medians of ${single_ms.length} runs each, taking turns`;
  const detail = `${duration(medianOf(parallel_ms))} against ${duration(medianOf(single_ms))} for ${count(tasks_a_run, "task")}, as the client sees it (${runs})`;
  return [
    paint.bold(padTo("Speed-up", LABEL_CHARS)) +
      paint.bold(ratio > 1 + NOISE ? paint.green(factor) : factor) +
      ` with ${count(workers, "worker")} against one`,
    ...[detail, ...speedupDoubts(report)]
      .flatMap((text) => wrapWords(text, width - LABEL_CHARS))
      .map((line) => " ".repeat(LABEL_CHARS) + line),
  ];
}

/** What one worker, its server and the client keep busy, and a little more. */
const OWN_PROCESSORS = 1.3;

/** What a reader should hold against the number: at most one thing, the weightiest. */
function speedupDoubts({ speedup, machine }: DemoReport): string[] {
  const { workers, ratio, single_ms, single_busy } = speedup;
  const others = single_busy * machine.cpus - OWN_PROCESSORS;
  if (medianOf(single_ms) < MIN_TELLING_MS)
    return ["too little work for the number to mean anything"];
  if (workers === 1) return ["both had one worker"];
  if (ratio > workers * (1 + NOISE))
    return [
      "more than so many workers can do: something else held up the runs with one",
    ];
  if (others > 0 && others + workers > machine.cpus)
    return [
      `the processors were ${percent(single_busy, 1)} busy with one worker already: other programs took their share`,
    ];
  return ratio <= 1 + NOISE ? ["no gain on this machine"] : [];
}

function checkLines(
  { checks }: DemoReport,
  width: number,
  paint: Paint,
): string[] {
  const nameChars = Math.max(...checks.map(({ name }) => name.length));
  return checks.flatMap(({ name, by, ok, mismatch }, index) => [
    paint.bold(padTo(index === 0 ? "Checks" : "", LABEL_CHARS)) +
      (ok ? paint.green("ok") : paint.red("MISMATCH")) +
      `  ${padTo(name, nameChars)}  ${paint.dim(by)}`,
    ...(mismatch === null
      ? []
      : wrapWords(mismatch, width - LABEL_CHARS).map((line) =>
          paint.red(" ".repeat(LABEL_CHARS) + line),
        )),
  ]);
}
