/**
 * What a kind's chunks cost, as sums alone: two of them add up to exactly what one would be that saw
 * all chunks, in any order, so that servers can learn together.
 */

import type { ChunkRun } from "../../flow-balancer/core/chunking.ts";
import type { ChunkCosts } from "./factoring.ts";

/** Over chunks; those that count less than once have faded. */
export interface ChunkSums {
  readonly chunks: number;
  readonly items: number;
  readonly itemsSquared: number;
  /** 1 / items. */
  readonly itemsInverse: number;
  readonly workMs: number;
  /** work^2 / items, ms^2. */
  readonly workSquaredByItems: number;
  /** A chunk's mean item: work / items. */
  readonly meanMs: number;
  readonly meanSquared: number;
  readonly overheadMs: number;
  /** overhead x items, ms. */
  readonly overheadItems: number;
}

export const NO_CHUNKS: ChunkSums = {
  chunks: 0,
  items: 0,
  itemsSquared: 0,
  itemsInverse: 0,
  workMs: 0,
  workSquaredByItems: 0,
  meanMs: 0,
  meanSquared: 0,
  overheadMs: 0,
  overheadItems: 0,
};

/** What is not a chunk (no items, a time that is negative or no number) counts nothing. */
export function sumsOfChunk(run: ChunkRun): ChunkSums {
  const { items, workMs, overheadMs } = run;
  const meanMs = workMs / items;
  const sums = {
    chunks: 1,
    items,
    itemsSquared: items * items,
    itemsInverse: 1 / items,
    workMs,
    workSquaredByItems: workMs * meanMs,
    meanMs,
    meanSquared: meanMs * meanMs,
    overheadMs,
    overheadItems: overheadMs * items,
  };
  const counts = items >= 1 && workMs >= 0 && overheadMs >= 0;
  return counts && Object.values(sums).every(Number.isFinite)
    ? sums
    : NO_CHUNKS;
}

/** `a`, and `b` counted `weight` times. */
export const addChunks = (
  a: ChunkSums,
  b: ChunkSums,
  weight = 1,
): ChunkSums => ({
  chunks: a.chunks + weight * b.chunks,
  items: a.items + weight * b.items,
  itemsSquared: a.itemsSquared + weight * b.itemsSquared,
  itemsInverse: a.itemsInverse + weight * b.itemsInverse,
  workMs: a.workMs + weight * b.workMs,
  workSquaredByItems: a.workSquaredByItems + weight * b.workSquaredByItems,
  meanMs: a.meanMs + weight * b.meanMs,
  meanSquared: a.meanSquared + weight * b.meanSquared,
  overheadMs: a.overheadMs + weight * b.overheadMs,
  overheadItems: a.overheadItems + weight * b.overheadItems,
});

/** Ignorance is worth so many chunks. On recorded durations 0.1 to 2 came out within 0.6 % of one another. */
const PRIOR_CHUNKS = 0.25;
/** Of a kind nothing is known of: makes the first chunks half of a share, see factoring.ts. */
const PRIOR_DRIFT = 0.5;
/** A chunk's mean item is off by this at most: one that is twice as long says more of the chunks before it. */
const MOST_DRIFT = 1;
/** Sizes that vary less than this (variance by mean squared) say nothing of what grows with the size. */
const LEAST_VARIANCE = 0.01;

/** Null where there is nothing to go by: no chunk, or no work at all. */
export function costsOf(sums: ChunkSums): ChunkCosts | null {
  if (!(sums.chunks > 0 && sums.workMs > 0)) return null;
  const overhead = overheadOf(sums);
  return {
    itemMs: sums.workMs / sums.items + overhead.perItemMs,
    overheadMs: overhead.perChunkMs,
    ...deviationsOf(sums),
  };
}

/** Least squares of a chunk's overhead on its items, neither part below 0: what grows with the items is no reason for larger chunks. */
function overheadOf({
  chunks,
  items,
  itemsSquared,
  overheadMs,
  overheadItems,
}: ChunkSums): { readonly perChunkMs: number; readonly perItemMs: number } {
  if (!(chunks > 0)) return { perChunkMs: 0, perItemMs: 0 };
  const meanItems = items / chunks;
  const meanMs = overheadMs / chunks;
  const variance = itemsSquared / chunks - meanItems * meanItems;
  const together = overheadItems / chunks - meanItems * meanMs;
  const slope =
    variance > meanItems * meanItems * LEAST_VARIANCE ? together / variance : 0;
  const perItemMs = Math.min(Math.max(0, slope), meanMs / meanItems);
  return { perChunkMs: meanMs - perItemMs * meanItems, perItemMs };
}

/** For people: chunks, or items of them, that count less by less than a twentieth have hardly faded. */
export const whole = (faded: number): number => Math.floor(faded + 0.05);

/** Work / (work + overhead); null where nothing ran. */
export const efficiencyOf = ({
  workMs,
  overheadMs,
}: ChunkSums): number | null =>
  workMs + overheadMs > 0 ? workMs / (workMs + overheadMs) : null;

/**
 * The work of k items is taken to vary by (spread^2 k + drift^2 k^2) means squared. Both by the
 * method of moments (the mean costs one chunk); the drift is drawn toward the prior.
 */
function deviationsOf(sums: ChunkSums): Pick<ChunkCosts, "spread" | "drift"> {
  const { chunks, items, itemsInverse, workMs, meanMs } = sums;
  const itemMs = workMs / items;
  const told = Math.max(0, chunks - 1);
  // Of (work / itemMs - items)^2: summed by items, and by items squared.
  const byItems = positive(
    sums.workSquaredByItems / itemMs / itemMs - workMs / itemMs,
  );
  const bySquares = positive(
    sums.meanSquared / itemMs / itemMs - (2 * meanMs) / itemMs + chunks,
  );
  const sizes = items * itemsInverse - chunks * chunks;
  const solved =
    sizes > LEAST_VARIANCE * chunks * chunks
      ? positive(byItems * itemsInverse - bySquares * chunks) / sizes
      : 0;
  const drift = Math.min(solved, byItems / items, MOST_DRIFT ** 2);
  return {
    spread: told > 0 ? Math.sqrt(positive(byItems - drift * items) / told) : 0,
    drift: Math.sqrt(
      (PRIOR_CHUNKS * PRIOR_DRIFT ** 2 + told * drift) / (PRIOR_CHUNKS + told),
    ),
  };
}

const positive = (value: number): number => (value > 0 ? value : 0);
