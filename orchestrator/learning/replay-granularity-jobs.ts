/**
 * Jobs made of a key's recorded durations. "shuffled": the durations in turn, from where the job
 * before ended and from the first again after the last, then shuffled by a seed made of the key and
 * the job's number. "recorded": durations that follow one another in the trace, none used twice.
 */

import { fnv1a } from "../../flow-balancer/core/fnv1a.ts";
import { seededWords } from "./seeded-words.ts";

export type ItemOrder = "shuffled" | "recorded";

/** Of every job. */
export const ITEMS = 1_200;
/** A kind has at most so many jobs, so that learning has time to show. */
const JOBS = 4;
/** Shuffled jobs take no more than 12 times what was recorded. */
const LEAST_DURATIONS = 100;

export interface JobSource {
  readonly key: string;
  readonly durations: readonly number[];
  readonly order: ItemOrder;
}

/** 0: too little of the key was recorded, or no work. */
export function jobsOf({ durations, order }: JobSource): number {
  if (!durations.some((ms) => ms > 0)) return 0;
  if (order === "recorded")
    return Math.min(JOBS, Math.floor(durations.length / ITEMS));
  return durations.length < LEAST_DURATIONS ? 0 : JOBS;
}

/** Items' times, ms. */
export function itemsOf(
  { key, durations, order }: JobSource,
  job: number,
): Float64Array {
  const items = Float64Array.from(
    { length: ITEMS },
    (_, at) => durations[(job * ITEMS + at) % durations.length] ?? 0,
  );
  return order === "recorded" ? items : shuffle(items, fnv1a(`${job}|${key}`));
}

/** Fisher and Yates. */
function shuffle(items: Float64Array, seed: number): Float64Array {
  const words = seededWords(seed);
  for (let at = items.length - 1; at > 0; at--) {
    const other = Math.floor((words() / 2 ** 32) * (at + 1));
    const item = items[at] ?? 0;
    items[at] = items[other] ?? 0;
    items[other] = item;
  }
  return items;
}
