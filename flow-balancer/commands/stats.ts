/** What ended lately, how and how fast: as lines and a table a kind, or as one object. Pure. */

import { count, duration, grouped } from "../core/figures.ts";
import { printable, printableJson } from "../core/printable.ts";
import { alignedLines, type Column } from "../core/table.ts";
import { TERMINAL_STATES } from "../core/task.ts";
import { TIERS } from "../core/tier.ts";
import type { EpochMs } from "../core/time.ts";
import type { Answer } from "./answer.ts";
import { elapsed } from "./elapsed.ts";
import { type Fact, labelledLines } from "./labelled-lines.ts";
import { agoAt } from "./moment.ts";
import { paintedTable } from "./painted-table.ts";
import { rate } from "./rate.ts";
import { perCell, sparkline } from "./sparkline.ts";
import {
  type Clock,
  type Ended,
  figuresByKind,
  thinness,
  workFigures,
  type WorkFigures,
} from "./stats/work-figures.ts";
import type { Terminal } from "./terminal.ts";

export interface RecentWork {
  readonly ended: readonly Ended[];
  readonly since: EpochMs;
  readonly now: EpochMs;
  /** When the first outcome that is kept ended; null: there is none. */
  readonly keptSince: EpochMs | null;
  /** Not all kinds were asked for. */
  readonly kind: string | null;
  /** What somebody probably meant with a kind that is not there, to end a sentence with. */
  readonly meant: string;
}

export function statsAnswer(work: RecentWork, as: Terminal | "json"): Answer {
  const all = workFigures(work.ended);
  const kinds = figuresByKind(work.ended);
  if (as === "json")
    return { data: printableJson(jsonOf(work, all, kinds)), notes: [] };
  const { kind, since, now, ended, meant } = work;
  const window = elapsed(now - since);
  if (ended.length === 0)
    return {
      data: "",
      notes: [
        kind === null
          ? `Nothing ended in the last ${window}; --since looks further back.`
          : `No task of kind '${printable(kind)}' ended in the last ${window}${meant}`,
      ],
    };
  return {
    data: [
      labelledLines(factsOf(work, all), as),
      "",
      clockLines(all, as),
      "",
      paintedTable(columns(now - since), kinds, as),
    ].join("\n"),
    notes: notesOf(work, all),
  };
}

/** Parts of the window, and cells of the line that shows them. */
const CELLS = 24;

function factsOf({ ended, since, now }: RecentWork, all: WorkFigures): Fact[] {
  const bars = sparkline(
    perCell(
      ended.map(({ settledAt }) => settledAt),
      now,
      now - since,
      CELLS,
    ),
  );
  return [
    ["window", `the last ${elapsed(now - since)}, since ${agoAt(since, now)}`],
    [
      "ended",
      `${count(all.n, "attempt")}, ${rate(all.n, now - since)}  ${bars}`.trimEnd(),
    ],
    ["failed", failedText(all)],
    [
      "found",
      all.coldShare === null
        ? "none reached a worker"
        : TIERS.map(
            (tier) =>
              `${tier} ${grouped(all.tiers[tier])} (${share(all.tiers[tier], onWorkers(all))})`,
          ).join(", "),
    ],
    [
      "efficiency",
      all.efficiency === null
        ? "no run ended by itself"
        : `${ratio(all.efficiency)} of the time from asked to ended was spent running`,
    ],
  ];
}

const onWorkers = ({ tiers }: WorkFigures): number =>
  TIERS.reduce((sum, tier) => sum + tiers[tier], 0);

function failedText({ n, failed, states }: WorkFigures): string {
  const others = TERMINAL_STATES.flatMap((state) => {
    const many = states[state] ?? 0;
    return state === "completed" || many === 0
      ? []
      : [`${grouped(many)} ${state.replaceAll("_", " ")}`];
  });
  return `${grouped(failed)} (${share(failed, n)})${others.length === 0 ? "" : `: ${others.join(", ")}`}`;
}

const clockLines = (
  { wait, start, run }: WorkFigures,
  { widthOf, paint }: Terminal,
): string => {
  const [head = "", ...lines] = alignedLines(
    [
      ["", "p50", "p95", "p99", "of"],
      ...Object.entries({ wait, start, run }).map(([name, clock]) => [
        name,
        time(clock.p50),
        time(clock.p95),
        time(clock.p99),
        grouped(clock.n),
      ]),
    ],
    widthOf,
  );
  return [paint.bold(head), ...lines].join("\n");
};

type Row = readonly [kind: string, figures: WorkFigures];

const columns = (windowMs: number): Column<Row>[] => [
  { title: "kind", cell: ([kind]) => printable(kind), weight: Infinity },
  { title: "ended", cell: ([, { n }]) => grouped(n), weight: 12 },
  { title: "rate", cell: ([, { n }]) => rate(n, windowMs), weight: 3 },
  {
    title: "failed",
    cell: ([, { failed }]) => (failed === 0 ? "" : grouped(failed)),
    weight: 11,
  },
  { title: "cold", cell: ([, it]) => ratio(it.coldShare), weight: 8 },
  { title: "wait p95", cell: ([, it]) => time(it.wait.p95), weight: 7 },
  { title: "start p95", cell: ([, it]) => time(it.start.p95), weight: 5 },
  { title: "run p50", cell: ([, it]) => time(it.run.p50), weight: 6 },
  { title: "run p95", cell: ([, it]) => time(it.run.p95), weight: 10 },
  { title: "run p99", cell: ([, it]) => time(it.run.p99), weight: 4 },
  { title: "efficiency", cell: ([, it]) => ratio(it.efficiency), weight: 2 },
  {
    title: "how sure",
    cell: ([, it]) => thinness(it) ?? "",
    weight: 9,
    align: "left",
    cut: "end",
  },
];

function notesOf({ since, keptSince, now }: RecentWork, all: WorkFigures) {
  const thin = thinness(all);
  return [
    ...(thin === null ? [] : [`Thin evidence: ${thin}.`]),
    ...(keptSince !== null && keptSince > since
      ? [
          `The first outcome that is kept is of ${agoAt(keptSince, now)}: the window is not full.`,
        ]
      : []),
  ];
}

const time = (ms: number | null): string => (ms === null ? "-" : duration(ms));
const ratio = (it: number | null): string => (it === null ? "-" : share(it, 1));

/** One decimal where 0% or 100% would say more than is so. */
function share(part: number, whole: number): string {
  const percent = (100 * part) / whole;
  const isNearEnd = (percent > 0 && percent < 9.95) || percent > 99;
  return isNearEnd && percent < 100
    ? `${(Math.floor(percent * 10 + 1e-9) / 10).toFixed(1)}%`
    : `${Math.round(percent)}%`;
}

const clockJson = ({ n, p50, p95, p99 }: Clock) => ({
  n,
  p50_ms: p50,
  p95_ms: p95,
  p99_ms: p99,
});

const figuresJson = (it: WorkFigures, windowMs: number) => ({
  n: it.n,
  throughput_per_s: (1_000 * it.n) / windowMs,
  states: it.states,
  failed: it.failed,
  failed_share: it.n === 0 ? null : it.failed / it.n,
  tier_hits: it.tiers,
  cold_start_share: it.coldShare,
  efficiency: it.efficiency,
  wait: clockJson(it.wait),
  start: clockJson(it.start),
  run: clockJson(it.run),
  thin: thinness(it),
});

const jsonOf = (
  { since, now, keptSince }: RecentWork,
  all: WorkFigures,
  kinds: readonly Row[],
) => ({
  schema: 1,
  since: new Date(since).toISOString(),
  until: new Date(now).toISOString(),
  window_ms: now - since,
  kept_since: keptSince === null ? null : new Date(keptSince).toISOString(),
  ...figuresJson(all, now - since),
  kinds: kinds.map(([kind, it]) => ({ kind, ...figuresJson(it, now - since) })),
});
