/**
 * When a worker is to be replaced because it is worn: by tasks, by age, or because it grew. Pure.
 * Growth is measured against the worker's own size once it was warm, since a process may be born
 * large. Limits differ a little from worker to worker, so that those started together do not go
 * together. Up to its hard limit a worn worker goes on until its replacement is ready.
 */

export interface Wear {
  /** Counts the workers of a pool; decides where within the jitter its limits lie. */
  readonly serial: number;
  readonly tasksDone: number;
  readonly ageMs: number;
  /** The last measurement, MiB; null: none yet. */
  readonly memoryMb: number | null;
  /** Once it was warm, MiB. */
  readonly baselineMb: number | null;
  /** Holds the memory of a session, which a replacement would not have. */
  readonly bound: boolean;
}

export interface WearLimits {
  readonly maxTasks: number;
  readonly maxAgeMs: number;
}

export type WearReason = "tasks" | "age" | "memory";

/** A limit lies between 90 and 100 % of what is set. */
const JITTER = 0.1;
/** Successive multiples of the golden ratio, modulo 1, stay as far from each other as can be. */
const GOLDEN = 0.618_033_988_749_895;
/** Growth up to its own size again, or up to this, is what a heap does between collections, MiB. */
const FREE_GROWTH_MB = 128;
/** Until so many tasks were done, modules load and caches fill: no baseline. */
const WARM_AFTER_TASKS = 10;

const jittered = (limit: number, serial: number): number =>
  limit - Math.floor(limit * JITTER * ((serial * GOLDEN) % 1));

/** Why it should be replaced, when there is a replacement; null: it should not. A session's worker only by its tasks. */
export function wornBy(wear: Wear, limits: WearLimits): WearReason | null {
  if (wear.tasksDone >= jittered(limits.maxTasks, wear.serial)) return "tasks";
  if (wear.bound) return null;
  if (wear.ageMs >= jittered(limits.maxAgeMs, wear.serial)) return "age";
  const { memoryMb, baselineMb } = wear;
  if (memoryMb === null || baselineMb === null) return null;
  return memoryMb - baselineMb > Math.max(FREE_GROWTH_MB, baselineMb)
    ? "memory"
    : null;
}

/** It gets no other task, replacement or not. */
export const isSpent = (tasksDone: number, limits: WearLimits): boolean =>
  tasksDone >= limits.maxTasks;

export interface MemoryRecord {
  readonly memoryMb: number;
  readonly baselineMb: number | null;
  /** Kinds loaded when the baseline was taken: with another one it is taken anew. */
  readonly kinds: number;
}

/** A measurement, after those before it. */
export function remeasured(
  before: MemoryRecord | undefined,
  memoryMb: number,
  worker: { readonly tasksDone: number; readonly kinds: number },
): MemoryRecord {
  const { kinds } = worker;
  const isKnown =
    before !== undefined &&
    before.baselineMb !== null &&
    before.kinds === kinds;
  if (isKnown) return { ...before, memoryMb };
  const isWarm = worker.tasksDone >= WARM_AFTER_TASKS;
  return { memoryMb, baselineMb: isWarm ? memoryMb : null, kinds };
}

/** The one to be exchanged first: what leaks, then what has most behind it. */
export function mostWorn<W extends Wear>(
  workers: readonly W[],
  limits: WearLimits,
): W | null {
  const rank = (worker: W): number =>
    wornBy(worker, limits) === "memory"
      ? Number.POSITIVE_INFINITY
      : Math.max(
          worker.tasksDone / limits.maxTasks,
          worker.ageMs / limits.maxAgeMs,
        );
  return workers
    .filter((worker) => wornBy(worker, limits) !== null)
    .reduce<W | null>(
      (most, worker) =>
        most === null || rank(worker) > rank(most) ? worker : most,
      null,
    );
}
