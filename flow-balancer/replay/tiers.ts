/** `replay tiers`: how long to keep processes warm, and whom to evict, on a trace of tasks with arrival times. */

import type { Arrival } from "../../orchestrator/learning/trace-walk.ts";
import {
  type AgainstFixed,
  replayTiers,
  type TiersReport,
} from "../../orchestrator/learning/replay-tiers.ts";
import {
  readTrace,
  traceMs,
  traceNumber,
} from "../commands/replay/read-trace.ts";
import { BalancerError } from "../core/errors.ts";
import { grouped } from "../core/figures.ts";
import { columns } from "./report-figures.ts";
import type { ReplayReport } from "./replay-report.ts";

const COLUMNS = ["key", "at_s", "duration_s"];

export async function tiers(trace: string): Promise<ReplayReport> {
  const report = replayTiers(await readArrivals(trace));
  return { json: { trace, ...report }, text: textOf(trace, report) };
}

async function readArrivals(trace: string): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  await readTrace(trace, COLUMNS, ({ line, fields }) => {
    const [key = "", at = "", duration = ""] = fields;
    if (at === "") throw withoutTimes(trace, line);
    const durationMs = traceMs(trace, line, "duration_s", duration);
    arrivals.push({
      key,
      atMs: traceNumber(trace, line, "at_s", at) * 1_000,
      durationMs,
    });
  });
  return arrivals;
}

const withoutTimes = (trace: string, line: number): BalancerError =>
  new BalancerError(
    "INVALID_INPUT",
    `${trace}, line ${line}: at_s is empty, and without arrival times there are no idle gaps to replay`,
    {
      hint: "Take a trace whose at_s says when each task arrived, in seconds.",
    },
  );

function textOf(trace: string, report: TiersReport): string {
  const { arrivals, keys, span_s, unavoidable_cold, summary } = report;
  return [
    `${trace}: ${whole(arrivals)} arrivals of ${whole(keys)} keys in ${(span_s / 86_400).toFixed(1)} days; ${whole(unavoidable_cold)} cold starts no rule can avoid`,
    "",
    "Cold starts at equal memory-time, by price. Fixed: the best one keep-alive time for all, in hindsight.",
    "Break-even: idle time whose memory costs as much as one cold start. Prewarming: starts in the background, at half the price.",
    ...priceLines(report),
    `Learned to fixed: ${summary.mean_ratio.toFixed(3)} on average over prices, ${summary.best_ratio.toFixed(3)} to ${summary.worst_ratio.toFixed(3)}.`,
    "",
    "Cold starts of simple rules, and of the learned rule at the same memory-time (prewarming, where the other does).",
    ...ruleLines(report),
    "",
    "Cold starts with room for so many processes in all, by who is evicted.",
    ...evictionLines(report),
  ].join("\n");
}

const priceLines = ({ prices }: TiersReport): string[] =>
  columns([
    [
      "break-even",
      "idle hours",
      "learned",
      "fixed",
      "(keep)",
      "ratio",
      "later half",
      "prewarming",
      "background",
      "fixed",
      "ratio",
    ],
    ...prices.map(({ break_even_s, learned, later_half, prewarming }) => [
      time(break_even_s),
      hours(learned.idle_s),
      whole(learned.cold),
      whole(learned.fixed_cold),
      time(learned.fixed_keep_s),
      ratio(learned),
      ratio(later_half),
      whole(prewarming.cold),
      whole(prewarming.prewarmed),
      whole(prewarming.fixed_cold),
      ratio(prewarming),
    ]),
  ]);

const ruleLines = ({ simple_rules }: TiersReport): string[] =>
  columns([
    ["rule", "setting", "idle hours", "cold", "background", "learned", "ratio"],
    ...simple_rules.map((row) => [
      row.rule,
      time(row.setting_s),
      hours(row.idle_s),
      whole(row.cold),
      whole(row.prewarmed),
      whole(row.learned_cold),
      ratio(row),
    ]),
  ]);

const evictionLines = ({ eviction }: TiersReport): string[] =>
  columns([
    ["room", "LRU", "greedy-dual", "learned", "learned/LRU"],
    ...eviction.map((row) => [
      whole(row.room),
      whole(row.lru_cold),
      whole(row.greedy_dual_cold),
      whole(row.learned_cold),
      ratio(row),
    ]),
  ]);

const ratio = (it: Pick<AgainstFixed, "ratio">): string => it.ratio.toFixed(3);

const whole = (value: number): string => grouped(Math.round(value));

const hours = (value: number): string => whole(value / 3_600);

/** Two digits or so. */
function time(value: number | null): string {
  if (value === null) return "for ever";
  if (value < 120) return `${Math.round(value)} s`;
  if (value < 7_200) return `${Math.round(value / 60)} min`;
  return `${(value / 3_600).toFixed(1)} h`;
}
