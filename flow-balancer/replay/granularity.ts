/** `replay granularity`: how many items a chunk takes, on jobs made of recorded durations. */

import {
  type GranularityReport,
  MOST_KEYS,
  type OrderReport,
  replayGranularity,
} from "../../orchestrator/learning/replay-granularity.ts";
import { readTrace, traceMs } from "../commands/replay/read-trace.ts";
import { BalancerError } from "../core/errors.ts";
import { grouped } from "../core/figures.ts";
import { columns } from "./report-figures.ts";
import type { ReplayReport } from "./replay-report.ts";

const COLUMNS = ["key", "duration_s"];

export async function granularity(trace: string): Promise<ReplayReport> {
  const report = replayGranularity(await readDurations(trace));
  if (report.orders.every(({ keys }) => keys === 0)) throw tooFew(trace);
  return {
    json: { trace, definitions: DEFINITIONS, ...report },
    text: textOf(trace, report),
  };
}

async function readDurations(trace: string): Promise<Map<string, number[]>> {
  const keys = new Map<string, number[]>();
  await readTrace(trace, COLUMNS, ({ line, fields }) => {
    const [key = "", duration = ""] = fields;
    const ms = traceMs(trace, line, "duration_s", duration);
    const durations = keys.get(key);
    if (durations === undefined) keys.set(key, [ms]);
    else durations.push(ms);
  });
  return keys;
}

const tooFew = (trace: string): BalancerError =>
  new BalancerError(
    "INVALID_INPUT",
    `${trace}: no key has 100 durations, one of them above 0, and of fewer no job can be made`,
    { hint: "Take a trace whose keys come back more often." },
  );

/** Beside the figures, for whoever has only those. */
const DEFINITIONS = {
  not_looked_at: `keys that would do, beyond the ${grouped(MOST_KEYS)} whose names have the lowest hashes; left_out: keys with too few durations`,
  ratio:
    "makespan / makespan of the best fixed chunk size for the same job, of all sizes from 1 to items / workers (hindsight)",
  makespan:
    "simulated: items in order, in chunks, each to the worker that is free first (of several, the lowest number); a chunk takes its overhead and then its items' durations",
  job: "1200 items of one key; overhead of a chunk = the given number of mean durations of the key",
  shuffled:
    "keys with at least 100 durations; 4 jobs a key, each the next 1200 durations, from the first again after the last, shuffled by a seed made of key and job number",
  recorded:
    "keys with at least 1200 durations; up to 4 jobs a key, each 1200 durations in a row as recorded, none used twice",
  factoring_floor:
    "factoring by half, told the job's mean and overhead: chunks of at least overhead / (5 % of the mean) items, where an even share of what is left has so many",
  learning:
    "starts each key, worker count and overhead knowing nothing; learns from the chunks that have ended, of this job and those before",
  costs_known:
    "told the job's mean, spread and overhead beforehand; no rule that has not seen the job can know them",
  p95: "nearest rank, over all cases: jobs x worker counts x overheads",
} as const;

function textOf(trace: string, report: GranularityReport): string {
  const { items, workers, overheads, orders } = report;
  return [
    `${trace}: jobs of ${items} items on ${workers.join(" and ")} workers, with an overhead of ${overheads.join(", ")} mean items a chunk`,
    `Ratio: ${DEFINITIONS.ratio}.`,
    `Makespan, ${DEFINITIONS.makespan}.`,
    `learning: ${DEFINITIONS.learning}.`,
    `factoring, floor: ${DEFINITIONS.factoring_floor}.`,
    `costs known: ${DEFINITIONS.costs_known}.`,
    ...orders.flatMap((order) => ["", ...orderLines(order, overheads)]),
  ].join("\n");
}

function orderLines(
  order: OrderReport,
  overheads: readonly number[],
): string[] {
  const { keys, left_out, not_looked_at, cases, rules, learning_by_job } =
    order;
  const head = `Items ${order.order}: ${DEFINITIONS[order.order]}`;
  if (keys === 0) return [`${head}: none.`];
  return [
    `${head}: ${keys} keys, ${left_out} left out${not_looked_at > 0 ? `, ${not_looked_at} more not looked at` : ""}; ${cases} cases.`,
    ...columns([
      ["rule", "mean", "p95", "worst", ...overheads.map((it) => `at ${it}`)],
      ...rules.map((it) => [
        it.rule,
        ...ratios(it),
        ...it.by_overhead.map(ratio),
      ]),
    ]),
    "Learning, by the jobs of the kind it had seen before (mean: geometric).",
    ...columns([
      ["jobs before", "mean", "p95", "worst"],
      ...learning_by_job.map((it) => [String(it.jobs_before), ...ratios(it)]),
    ]),
  ];
}

const ratios = (
  it: OrderReport["learning_by_job"][number] | OrderReport["rules"][number],
): string[] => [it.geometric_mean, it.p95, it.worst].map(ratio);

const ratio = (value: number): string => value.toFixed(3);
