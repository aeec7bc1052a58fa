/**
 * The chunk rules on recorded durations: jobs are made of a key's durations, and each rule's makespan
 * is held against that of the best fixed chunk size of the same job, known only with hindsight.
 */

import {
  factoringByHalf,
  guided,
  kruskalWeissSize,
  sizeForCount,
  withFloor,
} from "./granularity-baselines.ts";
import {
  chunkerOf,
  newGranularityMemory,
  observeChunk,
} from "./granularity.ts";
import { nextChunk } from "./factoring.ts";
import {
  type Chunker,
  decidedMakespan,
  fixedMakespan,
  runningSums,
  type SimulatedJob,
} from "./makespan-simulator.ts";
import {
  type ItemOrder,
  itemsOf,
  ITEMS,
  jobsOf,
} from "./replay-granularity-jobs.ts";
import { hash32 } from "./similarity-hash.ts";

/** Of makespan / makespan of the best fixed chunk size. */
export interface RatioFigures {
  readonly geometric_mean: number;
  readonly p95: number;
  readonly worst: number;
}

export interface RuleFigures extends RatioFigures {
  readonly rule: string;
  /** The geometric mean for each overhead, in the order of `overheads`. */
  readonly by_overhead: readonly number[];
}

export interface OrderReport {
  readonly order: ItemOrder;
  readonly keys: number;
  /** Keys with too few durations, or none above 0. */
  readonly left_out: number;
  /** Keys that would do, beyond the 2,000 with the lowest hashes. */
  readonly not_looked_at: number;
  /** Jobs x worker counts x overheads: what each figure is over. */
  readonly cases: number;
  readonly rules: readonly RuleFigures[];
  /** Of the learning rule, by how many jobs of the kind it had seen before. */
  readonly learning_by_job: readonly (RatioFigures & {
    readonly jobs_before: number;
  })[];
}

export interface GranularityReport {
  readonly items: number;
  readonly workers: readonly number[];
  /** Of a chunk, in mean items of the key. */
  readonly overheads: readonly number[];
  readonly orders: readonly OrderReport[];
}

const WORKERS = [4, 16];
const OVERHEADS = [0.02, 0.2, 1, 5];
const COUNTS = [25, 100, 200, 300];
const LEARNING = "learning";
const SEED = 20_261_121;
/** A key takes some milliseconds: of more, so many at random, the same ones in every run. */
export const MOST_KEYS = 2_000;
/** Of the overhead in a chunk's work, at most: the floor of factoring with one. */
const LEAST_SHARE = 0.05;

/** Durations of each key in the order recorded, ms; the same answer for the same durations. */
export function replayGranularity(
  keys: ReadonlyMap<string, readonly number[]>,
  mostKeys = MOST_KEYS,
): GranularityReport {
  return {
    items: ITEMS,
    workers: WORKERS,
    overheads: OVERHEADS,
    orders: (["shuffled", "recorded"] as const).map((order) =>
      replayOrder(keys, order, mostKeys),
    ),
  };
}

function replayOrder(
  keys: ReadonlyMap<string, readonly number[]>,
  order: ItemOrder,
  mostKeys: number,
): OrderReport {
  const ratios = new Ratios();
  const usable = [...keys].filter(
    ([key, durations]) => jobsOf({ key, durations, order }) > 0,
  );
  const replayed = sampled(usable, mostKeys);
  for (const [key, durations] of replayed) {
    const jobs = jobsOf({ key, durations, order });
    for (const workers of WORKERS)
      for (const overhead of OVERHEADS)
        replayKind({ key, durations, order, jobs, workers, overhead }, ratios);
  }
  return {
    order,
    keys: replayed.length,
    left_out: keys.size - usable.length,
    not_looked_at: usable.length - replayed.length,
    ...ratios.figures(),
  };
}

const sampled = <Entry extends readonly [key: string, unknown]>(
  entries: readonly Entry[],
  most: number,
): readonly Entry[] =>
  entries.length <= most
    ? entries
    : entries
        .map((entry) => ({ entry, hash: hash32(entry[0], SEED) }))
        .sort((a, b) => a.hash - b.hash)
        .slice(0, most)
        .map(({ entry }) => entry);

interface Kind {
  readonly key: string;
  readonly durations: readonly number[];
  readonly order: ItemOrder;
  readonly jobs: number;
  readonly workers: number;
  readonly overhead: number;
}

/** Its jobs one after another; the learning rule keeps what it learned from one to the next, and nothing else does. */
function replayKind(kind: Kind, ratios: Ratios): void {
  const { key, durations, workers, overhead } = kind;
  const meanMs = mean(durations);
  const memory = newGranularityMemory();
  for (let number = 0; number < kind.jobs; number++) {
    const items = itemsOf(kind, number);
    if (mean(items) === 0) continue;
    const job = {
      untilMs: runningSums(items),
      workers,
      overheadMs: overhead * meanMs,
    };
    const best = bestFixed(job);
    const note = (rule: string, makespan: number): void =>
      ratios.add(rule, overhead, makespan / best);
    for (const count of COUNTS)
      note(`${count} chunks`, fixedMakespan(job, sizeForCount(ITEMS, count)));
    note("one item a chunk", fixedMakespan(job, 1));
    for (const [rule, chunker] of informed(job, items))
      note(rule, decidedMakespan(job, chunker));
    const learning = chunkerOf(memory, key);
    const makespan = decidedMakespan(job, {
      next: (state) => learning.next(state),
      ended(run) {
        learning.ended(run);
        observeChunk(memory, key, run, 0);
      },
    });
    note(LEARNING, makespan);
    ratios.learned(number, makespan / best);
  }
}

/** The rules that decide as the job runs, and the one that knows the job's items beforehand. */
function informed(
  job: SimulatedJob,
  items: Float64Array,
): readonly (readonly [rule: string, chunker: Chunker])[] {
  const { workers, overheadMs } = job;
  const itemMs = mean(items);
  const spread = deviation(items, itemMs) / itemMs;
  const size = kruskalWeissSize(ITEMS, workers, {
    spread,
    overhead: overheadMs / itemMs,
  });
  const costs = { itemMs, overheadMs, spread, drift: 0 };
  return [
    ["Kruskal-Weiss", { next: () => size }],
    ["guided", guided(workers)],
    ["factoring by half", factoringByHalf(workers)],
    [
      "factoring, floor",
      withFloor(factoringByHalf(workers), {
        least: overheadMs / (LEAST_SHARE * itemMs),
        workers,
      }),
    ],
    ["costs known", { next: (state) => nextChunk(state, costs) }],
  ];
}

/** Of all sizes up to an even share; larger ones leave workers without any. */
function bestFixed(job: SimulatedJob): number {
  const { untilMs, workers, overheadMs } = job;
  let best = Infinity;
  for (let size = sizeForCount(ITEMS, workers); size >= 1; size--) {
    // No faster than all workers busy to the end: most of the small sizes, which take long, need no look.
    const busyMs =
      (untilMs[ITEMS] ?? 0) + sizeForCount(ITEMS, size) * overheadMs;
    if (busyMs / workers < best)
      best = Math.min(best, fixedMakespan(job, size));
  }
  return best;
}

class Ratios {
  readonly #rules = new Map<string, Map<number, number[]>>();
  readonly #learned: number[][] = [];

  add(rule: string, overhead: number, ratio: number): void {
    const cells = this.#rules.get(rule) ?? new Map<number, number[]>();
    this.#rules.set(rule, cells);
    const cell = cells.get(overhead) ?? [];
    cells.set(overhead, cell);
    cell.push(ratio);
  }

  learned(jobsBefore: number, ratio: number): void {
    (this.#learned[jobsBefore] ??= []).push(ratio);
  }

  figures(): Pick<OrderReport, "cases" | "rules" | "learning_by_job"> {
    return {
      cases: this.#learned.reduce((sum, { length }) => sum + length, 0),
      rules: [...this.#rules].map(([rule, cells]) => ({
        rule,
        ...figuresOf([...cells.values()].flat()),
        by_overhead: OVERHEADS.map((it) => geometricMean(cells.get(it) ?? [])),
      })),
      learning_by_job: this.#learned.map((ratios, jobsBefore) => ({
        jobs_before: jobsBefore,
        ...figuresOf(ratios),
      })),
    };
  }
}

function figuresOf(ratios: readonly number[]): RatioFigures {
  const sorted = Float64Array.from(ratios).sort();
  return {
    geometric_mean: geometricMean(ratios),
    p95: sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Number.NaN,
    worst: sorted.at(-1) ?? Number.NaN,
  };
}

const geometricMean = (ratios: readonly number[]): number =>
  Math.exp(ratios.reduce((sum, it) => sum + Math.log(it), 0) / ratios.length);

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at] ?? 0;
  return sum / values.length;
};

function deviation(values: Float64Array, around: number): number {
  let squares = 0;
  for (const value of values) squares += (value - around) ** 2;
  return Math.sqrt(squares / values.length);
}
