/**
 * What the demo found, as `--json` prints it: everything in it was measured in this run. Sizes are
 * bytes, times milliseconds.
 */

import { percentile, summarise } from "../core/stats.ts";
import { TIERS, type Tier } from "../core/tier.ts";
import type { MeasuredFile, TaskAnswer } from "./batch.ts";
import type { Check } from "./checks.ts";
import type { BatchRun } from "./demo-server.ts";
import type { History } from "./history.ts";
import { languageOf } from "./languages.ts";
import type { Measured } from "./measure.ts";
import type { LeftOut } from "./select-files.ts";

export interface Sizes {
  readonly lines: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly gzip_bytes: number;
  readonly zstd_bytes: number;
  readonly brotli_bytes: number;
}

export interface LanguageRow extends Sizes {
  readonly language: string;
  readonly files: number;
}

export type TierCounts = Readonly<Record<Tier, number>>;

export interface Times {
  readonly p50: number;
  readonly p95: number;
}

export interface DemoReport {
  readonly schema: 1;
  readonly repo: string;
  readonly machine: {
    readonly cpus: number;
    readonly bun: string;
    readonly platform: string;
  };
  readonly protocol: string;
  readonly files: {
    readonly analysed: number;
    readonly words: number;
    /** Edited while the demo ran: not part of the checks. */
    readonly changed_meanwhile: number;
    readonly left_out: LeftOut;
  };
  readonly totals: Sizes;
  /** Most lines first, both. */
  readonly languages: readonly LanguageRow[];
  readonly top_files: readonly (Sizes & {
    readonly path: string;
    readonly sha256: string;
  })[];
  readonly history: History | null;
  /** Of all parallel runs together; the warm-up before them apart. */
  readonly tasks: {
    readonly completed: number;
    readonly per_second: number;
    readonly tiers: TierCounts;
    readonly warm_up_tiers: TierCounts;
    readonly wait_ms: Times;
    readonly start_ms: Times;
    readonly run_ms: Times;
  };
  readonly speedup: {
    readonly workers: number;
    readonly tasks_a_run: number;
    /** Makespans at the client, in the order they were measured: the two took turns. */
    readonly parallel_ms: readonly number[];
    readonly single_ms: readonly number[];
    /** How busy the processors were, by all programs, in the runs with one worker (median): 0..1. */
    readonly single_busy: number;
    /** Median of `single_ms` over median of `parallel_ms`. */
    readonly ratio: number;
  };
  readonly checks: readonly Check[];
  readonly ok: boolean;
}

const TOP_FILES = 10;

export function totalsOf(files: readonly Sizes[]): Sizes {
  const sum = (of: (file: Sizes) => number): number =>
    files.reduce((total, file) => total + of(file), 0);
  return {
    lines: sum((it) => it.lines),
    tokens: sum((it) => it.tokens),
    bytes: sum((it) => it.bytes),
    gzip_bytes: sum((it) => it.gzip_bytes),
    zstd_bytes: sum((it) => it.zstd_bytes),
    brotli_bytes: sum((it) => it.brotli_bytes),
  };
}

export function languagesOf(files: readonly MeasuredFile[]): LanguageRow[] {
  const groups = Map.groupBy(files, ({ path }) => languageOf(path));
  return [...groups]
    .map(([language, members]) => ({
      language,
      files: members.length,
      ...totalsOf(members),
    }))
    .sort((a, b) => b.lines - a.lines || b.files - a.files);
}

export const topFiles = (files: readonly MeasuredFile[]): MeasuredFile[] =>
  [...files].sort((a, b) => b.lines - a.lines).slice(0, TOP_FILES);

export function taskFigures(measured: Measured): DemoReport["tasks"] {
  const answers = measured.parallel.flatMap((run) => run.answers);
  const spentMs = measured.parallel.reduce(
    (sum, run) => sum + run.makespanMs,
    0,
  );
  return {
    completed: answers.length,
    per_second: rounded((answers.length / spentMs) * 1_000, 1),
    tiers: tierCounts(answers),
    warm_up_tiers: tierCounts(measured.warmUp),
    wait_ms: timesOf(answers, ({ wait_ms }) => wait_ms),
    start_ms: timesOf(answers, ({ start_ms }) => start_ms),
    run_ms: timesOf(answers, ({ run_ms }) => run_ms),
  };
}

export function speedupOf(measured: Measured): DemoReport["speedup"] {
  const makespans = (runs: readonly BatchRun[]): number[] =>
    runs.map(({ makespanMs }) => rounded(makespanMs, 1));
  const parallel = makespans(measured.parallel);
  const single = makespans(measured.single);
  return {
    workers: measured.workers,
    tasks_a_run: measured.parallel[0]?.answers.length ?? 0,
    parallel_ms: parallel,
    single_ms: single,
    single_busy: rounded(
      medianOf(measured.single.map((run) => run.busyShare)),
      3,
    ),
    ratio: rounded(medianOf(single) / medianOf(parallel), 3),
  };
}

export const medianOf = (sample: readonly number[]): number =>
  percentile(
    [...sample].sort((a, b) => a - b),
    0.5,
  );

function tierCounts(answers: readonly TaskAnswer[]): TierCounts {
  const counts = { hot: 0, warm: 0, cold: 0 } satisfies Record<Tier, number>;
  for (const tier of TIERS)
    counts[tier] = answers.filter((answer) => answer.tier === tier).length;
  return counts;
}

function timesOf(
  answers: readonly TaskAnswer[],
  of: (answer: TaskAnswer) => number | undefined,
): Times {
  const { p50, p95 } = summarise(answers.flatMap((answer) => of(answer) ?? []));
  return { p50: rounded(p50, 3), p95: rounded(p95, 3) };
}

const rounded = (value: number, digits: number): number =>
  Number(value.toFixed(digits));
