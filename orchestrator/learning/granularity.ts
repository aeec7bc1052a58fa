/**
 * What is learned of how large the chunks of a kind should be: from each chunk that ends, for the
 * next one of the same job and of later jobs. What is remembered fades with time, so that a kind whose
 * code became faster is not held to what it was.
 */

import type {
  ChunkRun,
  JobChunker,
} from "../../flow-balancer/core/chunking.ts";
import { nextChunk, UNKNOWN_COSTS } from "./factoring.ts";
import {
  addChunks,
  type ChunkSums,
  costsOf,
  NO_CHUNKS,
  sumsOfChunk,
} from "./granularity-sums.ts";

/** What is remembered of a kind: about 200 bytes. */
export interface KindChunks {
  /** As of `atMs`. */
  readonly sums: ChunkSums;
  readonly atMs: number;
}

/** At most 512 kinds: the ones seen last. */
export interface GranularityMemory {
  readonly kinds: Map<string, KindChunks>;
}

const MAX_KINDS = 512;
/** A chunk counts half as much after a week. */
const HALF_LIFE_MS = 7 * 86_400_000;
/** All that is remembered counts for at most so many chunks in a job, which soon has its own. */
const REMEMBERED_CHUNKS = 64;

export const newGranularityMemory = (): GranularityMemory => ({
  kinds: new Map(),
});

/** Times are epoch ms; chunks may come in any order. */
export function observeChunk(
  memory: GranularityMemory,
  kind: string,
  run: ChunkRun,
  nowMs: number,
): void {
  const sums = sumsOfChunk(run);
  if (sums === NO_CHUNKS) return;
  remember(memory, kind, { sums, atMs: nowMs });
}

/** For one job of the kind: its own chunks count before what is remembered, which is not changed by them (see observeChunk). */
export function chunkerOf(memory: GranularityMemory, kind: string): JobChunker {
  const known = memory.kinds.get(kind)?.sums ?? NO_CHUNKS;
  const weight = Math.min(1, REMEMBERED_CHUNKS / Math.max(1, known.chunks));
  let sums = addChunks(NO_CHUNKS, known, weight);
  let costs = costsOf(sums);
  return {
    next: (job) => nextChunk(job, costs ?? UNKNOWN_COSTS),
    ended(run) {
      sums = addChunks(sums, sumsOfChunk(run));
      costs = costsOf(sums);
    },
    expectedMs: (items) => (costs === null ? null : items * costs.itemMs),
  };
}

/** What both saw, as if one had seen it all; neither is changed. */
export function mergeGranularity(
  a: GranularityMemory,
  b: GranularityMemory,
): GranularityMemory {
  const merged: GranularityMemory = { kinds: new Map(a.kinds) };
  for (const [kind, chunks] of b.kinds) remember(merged, kind, chunks);
  return merged;
}

function remember(
  { kinds }: GranularityMemory,
  kind: string,
  seen: KindChunks,
): void {
  const known = kinds.get(kind);
  kinds.delete(kind);
  kinds.set(kind, known === undefined ? seen : both(known, seen));
  if (kinds.size > MAX_KINDS) forgetOldest(kinds);
}

function both(a: KindChunks, b: KindChunks): KindChunks {
  const [older, newer] = a.atMs <= b.atMs ? [a, b] : [b, a];
  const left = 2 ** ((older.atMs - newer.atMs) / HALF_LIFE_MS);
  return {
    sums: addChunks(newer.sums, older.sums, left),
    atMs: newer.atMs,
  };
}

function forgetOldest(kinds: Map<string, KindChunks>): void {
  let oldest: string | null = null;
  let atMs = Infinity;
  for (const [kind, chunks] of kinds)
    if (chunks.atMs < atMs) {
      atMs = chunks.atMs;
      oldest = kind;
    }
  if (oldest !== null) kinds.delete(oldest);
}
