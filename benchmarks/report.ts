/** What a suite found, as programs read it and as people do. The shape only grows: others compare it with earlier runs. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { summarise } from "../flow-balancer/core/stats.ts";
import type { Machine } from "./machine.ts";

export interface BenchCase {
  readonly name: string;
  readonly unit: string;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Measurements, warm-up not counted. */
  readonly n: number;
  /** The case of the same run that `ratio` (and, of times, `added`) is against: p50 to p50. */
  readonly ratio_to?: string;
  readonly ratio?: number;
  readonly added?: number;
}

interface Measured {
  readonly name: string;
  readonly measured: number;
  readonly unit: string;
}

/** What was promised, and what this run measured. */
export type Target =
  /** Met when `measured` is at most this. */
  | (Measured & { readonly limit: number })
  /** Met when `measured` is at least this. */
  | (Measured & { readonly atLeast: number });

/** What could not be measured (NaN) meets nothing. */
export const isMet = (target: Target): boolean =>
  "limit" in target
    ? target.measured <= target.limit
    : target.measured >= target.atLeast;

export interface Findings {
  readonly cases: readonly BenchCase[];
  readonly targets: readonly Target[];
  /** What a reader of the figures has to know: who did not take part, which way something was decided. */
  readonly notes?: readonly string[];
}

export interface Report extends Findings {
  readonly schema: 1;
  readonly suite: string;
  readonly machine: Machine;
  /** With `-dirty` where the code measured is not the commit's. */
  readonly commit: string;
}

/** Of these alone a difference says something. */
const TIMES: ReadonlySet<string> = new Set(["ms", "us"]);

/** A thousandth of a unit is finer than any of these repeat. */
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

/** Refuses an empty sample: there is no case without a run behind it. */
export function benchCase(
  name: string,
  unit: string,
  sample: readonly number[],
  floor?: BenchCase,
): BenchCase {
  if (sample.length === 0) throw new Error(`'${name}' measured nothing`);
  const { n, p50, p95, p99 } = summarise(sample);
  return {
    name,
    unit,
    p50: rounded(p50),
    p95: rounded(p95),
    p99: rounded(p99),
    n,
    ...(floor === undefined
      ? {}
      : {
          ratio_to: floor.name,
          ratio: rounded(p50 / floor.p50),
          ...(TIMES.has(unit) ? { added: rounded(p50 - floor.p50) } : {}),
        }),
  };
}

/** For people: what `--json` says, and which promises it keeps. */
export function table({
  suite,
  machine,
  commit,
  cases,
  targets,
  notes = [],
}: Report): string {
  const rows = cases.map((it) => [
    it.name,
    String(it.p50),
    String(it.p95),
    String(it.p99),
    it.unit,
    String(it.n),
    it.ratio === undefined ? "" : `x ${it.ratio}`,
    it.added === undefined ? "" : `${it.added < 0 ? "" : "+"}${it.added}`,
    it.ratio_to ?? "",
  ]);
  const head = [
    "case",
    "p50",
    "p95",
    "p99",
    "unit",
    "n",
    "ratio",
    "added",
    "to",
  ];
  return [
    `${suite}  (${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, ${machine.kernel}, Bun ${machine.bun}, ${commit.slice(0, 12)}${commit.endsWith("-dirty") ? "-dirty" : ""})`,
    ...aligned([head, ...rows]),
    ...targets.map(
      (target) =>
        `${isMet(target) ? "met    " : "not met"}  ${target.name}: ${rounded(target.measured)} ${target.unit}, ${"limit" in target ? `at most ${target.limit}` : `at least ${target.atLeast}`}`,
    ),
    ...notes.map((note) => `note     ${note}`),
  ].join("\n");
}

/** Names and the last column to the left, numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const isText = (column: number): boolean =>
    column === 0 || column === 4 || column === widths.length - 1;
  return rows.map((row) =>
    row
      .map((cell, column) =>
        isText(column)
          ? cell.padEnd(widths[column] ?? 0)
          : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

/** The newest run of each suite, one file a suite. */
export function keep(report: Report, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${report.suite}.json`),
    `${JSON.stringify(report, null, 2)}\n`,
  );
}
