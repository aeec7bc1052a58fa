/**
 * How long a job takes on P workers when its items are handed out in chunks, in order, each to the
 * worker that is free first (of several, the one with the lowest number). A chunk takes its overhead
 * and then its items, one after another.
 */

import type {
  ChunkInFlight,
  ChunkRun,
  JobState,
} from "../../flow-balancer/core/chunking.ts";

export interface SimulatedJob {
  /** Sums of the items' times, ms: `untilMs[k]` of the first k; so one longer than there are items. */
  readonly untilMs: Float64Array;
  readonly workers: number;
  /** Of each chunk, ms. */
  readonly overheadMs: number;
}

/** Decides when a worker is free; it sees the chunks that have ended by then and nothing else of the times. */
export interface Chunker {
  next(job: JobState): number;
  ended?(chunk: ChunkRun): void;
}

/** Items' times, ms, as `SimulatedJob.untilMs`. */
export function runningSums(itemsMs: Float64Array): Float64Array {
  const sums = new Float64Array(itemsMs.length + 1);
  for (const [at, ms] of itemsMs.entries()) sums[at + 1] = (sums[at] ?? 0) + ms;
  return sums;
}

/** Makespan, ms, where all chunks but the last have the same size. */
export function fixedMakespan(job: SimulatedJob, size: number): number {
  const { untilMs, workers, overheadMs } = job;
  const items = untilMs.length - 1;
  const freeMs = new Float64Array(workers);
  let end = 0;
  for (let from = 0; from < items; from += size) {
    const until = Math.min(items, from + size);
    const worker = firstFree(freeMs);
    const workMs = (untilMs[until] ?? 0) - (untilMs[from] ?? 0);
    const free = (freeMs[worker] ?? 0) + overheadMs + workMs;
    freeMs[worker] = free;
    if (free > end) end = free;
  }
  return end;
}

/** Makespan, ms, where the chunker decides. */
export function decidedMakespan(job: SimulatedJob, chunker: Chunker): number {
  const { untilMs, workers, overheadMs } = job;
  const items = untilMs.length - 1;
  const freeMs = new Float64Array(workers);
  const chunks = Array.from<Running | undefined>({ length: workers });
  let end = 0;
  let from = 0;
  while (from < items) {
    const worker = firstFree(freeMs);
    const nowMs = freeMs[worker] ?? 0;
    const before = chunks[worker];
    chunks[worker] = undefined;
    if (before !== undefined) chunker.ended?.(before);
    const asked = chunker.next({
      remaining: items - from,
      ...stateAt(nowMs, chunks),
    });
    const until = Math.min(items, from + Math.max(1, asked));
    const workMs = (untilMs[until] ?? 0) - (untilMs[from] ?? 0);
    chunks[worker] = { items: until - from, workMs, overheadMs, fromMs: nowMs };
    freeMs[worker] = nowMs + overheadMs + workMs;
    end = Math.max(end, freeMs[worker] ?? 0);
    from = until;
  }
  for (const chunk of chunks) if (chunk !== undefined) chunker.ended?.(chunk);
  return end;
}

interface Running extends ChunkRun {
  readonly fromMs: number;
}

function stateAt(
  nowMs: number,
  chunks: readonly (Running | undefined)[],
): Omit<JobState, "remaining"> {
  const inFlight: ChunkInFlight[] = [];
  for (const chunk of chunks)
    if (chunk !== undefined)
      inFlight.push({ items: chunk.items, sinceMs: nowMs - chunk.fromMs });
  return { free: chunks.length - inFlight.length, inFlight };
}

function firstFree(freeMs: Float64Array): number {
  let first = 0;
  let least = freeMs[0] ?? 0;
  for (let worker = 1; worker < freeMs.length; worker++) {
    const free = freeMs[worker] ?? 0;
    if (free < least) {
      least = free;
      first = worker;
    }
  }
  return first;
}
