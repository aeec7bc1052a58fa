/** One picture of `top`: as many lines as the terminal has, none wider than it. Pure. */

import { count, duration, grouped } from "../../core/figures.ts";
import { printable } from "../../core/printable.ts";
import { cutEnd, tableLines } from "../../core/table.ts";
import { TASK_STATES } from "../../core/task.ts";
import { isRunning } from "../instances.ts";
import { clockTime } from "../moment.ts";
import { rate } from "../rate.ts";
import { perCell, sparkline } from "../sparkline.ts";
import { workFigures } from "../stats/work-figures.ts";
import type { Terminal } from "../terminal.ts";
import { wrappedText } from "../wrapped-lines.ts";
import { type TopFacts, WINDOW_MS } from "./top-facts.ts";
import { type TopState, VIEWS } from "./top-state.ts";
import { type Mood, showView, type Table } from "./top-views.ts";

export interface Frame {
  readonly lines: string[];
  /** Of the view, after the filter. */
  readonly rows: number;
}

export function topFrame(
  facts: TopFacts,
  state: TopState,
  height: number,
  terminal: Terminal,
): Frame {
  const { paint, width, widthOf } = terminal;
  const cut = (text: string): string => cutEnd(text, width, widthOf);
  const head = [
    paint.bold(cut(titleLine(facts, state))),
    ...(facts.trouble === null
      ? [cut(tasksLine(facts))]
      : [paint.red(cut(printable(facts.trouble)))]),
    cut(endedLine(facts, width)),
    tabsLine(state, terminal),
    "",
  ];
  const foot = paint.dim(cut(footLine(state, width)));
  const room = Math.max(1, height - head.length - 1);
  const body = state.isHelp
    ? { lines: HELP.map(cut), rows: 0 }
    : showView(state.view, facts, (table) =>
        tableBody(table, state, room, terminal),
      );
  const lines = body.lines.slice(0, room);
  const gap = Array.from({ length: room - lines.length }, () => "");
  return {
    lines: [...head, ...lines, ...gap, foot].slice(-Math.max(1, height)),
    rows: body.rows,
  };
}

function titleLine(
  { now, instances, home }: TopFacts,
  { isPaused }: TopState,
): string {
  const running = instances.filter(isRunning);
  const servers =
    running.length === 0
      ? "no server runs"
      : `${count(running.length, "server")}, workers: ${sum(running.map(({ wants }) => wants))} wanted of ${sum(running.map(({ share }) => share))}`;
  return `${clockTime(now, now)}${isPaused ? " PAUSED" : ""}  ${servers}  ${printable(home)}`;
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

function tasksLine({ tasks }: TopFacts): string {
  if (tasks === null) return "tasks  nothing was stored here yet";
  const there = TASK_STATES.filter((state) => tasks[state] > 0);
  return `tasks  ${there.length === 0 ? "none" : there.map((state) => `${grouped(tasks[state])} ${state.replaceAll("_", " ")}`).join(", ")}`;
}

/** Beside the line of bars there is to be room for what they mean. */
const WORDS_CELLS = 50;
const MIN_BARS = 10;
const MAX_BARS = 60;

function endedLine({ ended, now }: TopFacts, width: number): string {
  const { n, failed, run } = workFigures(ended);
  const cells = Math.max(MIN_BARS, Math.min(MAX_BARS, width - WORDS_CELLS));
  const bars = sparkline(
    perCell(
      ended.map(({ settledAt }) => settledAt),
      now,
      WINDOW_MS,
      cells,
    ),
  );
  const tail = [
    ...(failed === 0 ? [] : [`${grouped(failed)} failed`]),
    ...(run.p50 === null ? [] : [`run p50 ${duration(run.p50)}`]),
    ...(run.p95 === null ? [] : [`p95 ${duration(run.p95)}`]),
  ];
  return `ended  ${bars}  ${rate(n, WINDOW_MS)} in 60 s${tail.map((part) => `, ${part}`).join("")}`;
}

/** One that is too narrow for all names shows the chosen one alone. */
function tabsLine(
  { view, filter }: TopState,
  { paint, width, widthOf }: Terminal,
): string {
  const shown = filter === "" ? "" : `  /${printable(filter)}`;
  const names = VIEWS.map((name, index) => `${index + 1} ${name}`);
  const chosen = `[${VIEWS.indexOf(view) + 1} ${view}]`;
  const all = names.join("  ").length + 2 + widthOf(shown);
  if (all > width) return paint.bold(cutEnd(chosen + shown, width, widthOf));
  const tabs = names.map((name, index) =>
    VIEWS[index] === view ? paint.bold(`[${name}]`) : paint.dim(name),
  );
  return `${tabs.join("  ")}${paint.cyan(shown)}`;
}

const KEYS = "1-4 tab view  / filter  j k move  p pause  ? help  q quit";
const FEW_KEYS = "tab view  / filter  ? help  q quit";

function footLine({ isTyping, filter }: TopState, width: number): string {
  if (isTyping) return `/${printable(filter)}▏  enter keeps it, esc clears it`;
  return width < KEYS.length ? FEW_KEYS : KEYS;
}

const HELP: readonly string[] = [
  "1 2 3 4, tab  workers, tasks, board, instances",
  "/             show rows with this text alone; esc clears it",
  "j k, arrows   down and up; page down and up; g G first and last",
  "p             stand still, and go on",
  "? or esc      leave this help",
  "q, Ctrl-C     quit",
  "",
  "servers       pid, front, tasks it has / workers it may have",
  "bold          runs longer than 95 of 100 of its kind",
  "red           beyond such a limit, failed, or its server is gone",
];

/** The head, as many rows as there is room for with the chosen one among them, and the note. */
function tableBody<Row>(
  { columns, rows, mood, nothing, note }: Table<Row>,
  { filter, row }: TopState,
  room: number,
  { paint, width, widthOf }: Terminal,
): { lines: string[]; rows: number } {
  const cut = (text: string): string => cutEnd(text, width, widthOf);
  const wanted = filter.toLowerCase();
  const kept =
    wanted === ""
      ? rows
      : rows.filter((it) =>
          columns.some((column) =>
            column.cell(it).toLowerCase().includes(wanted),
          ),
        );
  if (kept.length === 0)
    return {
      lines: [cut(rows.length === 0 ? nothing : "Nothing is like that.")],
      rows: 0,
    };
  const marked = Math.min(row, kept.length - 1);
  const said =
    note === null ? [] : ["", ...wrappedText(note, width).split("\n")];
  const space = Math.max(1, room - 1 - said.length);
  const from = Math.max(0, Math.min(marked - space + 1, kept.length - space));
  const [head = "", ...lines] = tableLines(columns, kept, {
    width: width - MARK.length,
    widthOf,
  });
  const paints: Readonly<Record<Mood, (text: string) => string>> = {
    plain: (text) => text,
    late: paint.bold,
    wrong: paint.red,
    over: paint.dim,
  };
  return {
    rows: kept.length,
    lines: [
      paint.bold(cut(`  ${head}`)),
      ...kept.slice(from, from + space).map((it, index) => {
        const at = from + index;
        const line = cut(`${at === marked ? MARK : "  "}${lines[at] ?? ""}`);
        return paints[mood(it)](line);
      }),
      ...said.map((line) => (line === "" ? "" : paint.dim(line))),
    ],
  };
}

const MARK = "> ";
