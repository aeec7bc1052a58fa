/**
 * How many items the next chunk of a job takes, decided when a worker is free for it. Factoring
 * (Hummel, Schonberg, Flynn 1992: P chunks of R/(2P), again and again) with what was learned: of the
 * worker's even share it keeps back only what the spread of the work may need to be evened out
 * (tapering, Lucco 1992), and nothing at all where that costs more overhead than it saves.
 */

import type { JobState } from "../../flow-balancer/core/chunking.ts";

/** What a kind costs, from earlier chunks; see granularity-sums.ts. All but `spread` and `drift` in ms. */
export interface ChunkCosts {
  /** Of one item. */
  readonly itemMs: number;
  /** Of one chunk, whatever its size. */
  readonly overheadMs: number;
  /** Standard deviation of one item's work, in means. */
  readonly spread: number;
  /** Standard deviation of a chunk's mean item, in means, that does not shrink with the chunk's size: order, and ignorance. */
  readonly drift: number;
}

/** Nothing is known: half of the share, which is factoring as it was published. */
export const UNKNOWN_COSTS: ChunkCosts = {
  itemMs: 1,
  overheadMs: 0,
  spread: 0,
  drift: 0.5,
};

/** So many standard deviations are kept back. Of 1, 1.5 and 2 on recorded durations 2 was best. */
const DEVIATIONS = 2;
/** Each round at least halves a share of at most a million items. */
const MAX_ROUNDS = 20;
/** A share of 75.0000001 items is one of 75. */
const ROUNDING = 1e-6;

/** At least 1, at most `remaining`. O(P log P) for P workers. */
export function nextChunk(job: JobState, costs: ChunkCosts): number {
  const share = evenShare(job, costs);
  const workers = Math.max(1, job.free + job.inFlight.length);
  const { items } = cut(share, costs, Math.sqrt(Math.log(workers) / 2), 1);
  return Math.min(job.remaining, items);
}

/**
 * Items for the worker that asks if all workers were to end at the same moment with one more chunk
 * each, those still busy when they are expected to be free.
 */
function evenShare(
  { remaining, free, inFlight }: JobState,
  { itemMs, overheadMs }: ChunkCosts,
): number {
  const frees = inFlight
    .map(({ items, sinceMs }) =>
      Math.max(0, overheadMs + items * itemMs - sinceMs),
    )
    .sort((a, b) => a - b);
  let workers = Math.max(1, free);
  let work = remaining * itemMs + workers * overheadMs;
  for (const freeMs of frees) {
    if (work / workers <= freeMs + overheadMs) break;
    work += freeMs + overheadMs;
    workers++;
  }
  return Math.max(1, (work / workers - overheadMs) / itemMs);
}

/** Standard deviation of the work of so many items, in items. */
const deviation = (items: number, { spread, drift }: ChunkCosts): number =>
  Math.sqrt(spread * spread * items + drift * drift * items * items);

/** The most items of a share after which the rest of it still evens out what they may be off: a quadratic in their root. */
function beforeEvening(share: number, { spread, drift }: ChunkCosts): number {
  // items + DEVIATIONS x deviation(items) = share, that is (1 - d) items^2 - (2 share + s) items + share^2 = 0
  const s = (DEVIATIONS * spread) ** 2;
  const d = (DEVIATIONS * drift) ** 2;
  const half = share + s / 2;
  const root = Math.sqrt(Math.max(0, half * half - (1 - d) * share * share));
  return (share * share) / (half + root);
}

interface Cut {
  /** Of the first chunk. */
  readonly items: number;
  /** Expected lateness of the share, in items: what its last chunk may be off, and the overhead of one more for each cut. */
  readonly late: number;
}

/**
 * The share at once, or its first chunk. The last of P workers is late by about sqrt(ln P / 2) deviations
 * (`lateness`): a little less than the largest of P normal values is above their mean.
 */
function cut(
  share: number,
  costs: ChunkCosts,
  lateness: number,
  round: number,
): Cut {
  const atOnce = {
    items: Math.ceil(share - ROUNDING),
    late: lateness * deviation(share, costs),
  };
  const overhead = costs.overheadMs / costs.itemMs;
  if (round === MAX_ROUNDS || share <= 1 || atOnce.late <= overhead)
    return atOnce;
  const items = Math.max(1, Math.round(beforeEvening(share, costs)));
  const rest = cut(share - items, costs, lateness, round + 1);
  const late = overhead + rest.late;
  return late < atOnce.late ? { items, late } : atOnce;
}
