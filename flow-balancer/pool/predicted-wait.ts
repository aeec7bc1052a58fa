/**
 * How long a new job would wait, by conservation of work: until it starts, the servers must do
 * what runs and what is before it, except what the other servers still have left at that moment.
 * O(servers), whatever waits.
 */

import type { Backlog } from "./wait-queue.ts";

const LEAST_SHARE = 0.05;

export interface ServerLoad {
  /** For each worker that is there or starting: ms until it is expected to be free. Not written to. */
  readonly freeInMs: readonly number[];
  /** What a run has left when it is looked at at some moment, on average, ms. */
  readonly residualMs: number;
}

export interface PredictedWait {
  readonly waitMs: number;
  /** Standard deviation, ms. */
  readonly spreadMs: number;
}

/** No server at all: Infinity. */
export function predictWait(
  { freeInMs, residualMs }: ServerLoad,
  backlog: Backlog,
): PredictedWait {
  const firstMs = firstFree(freeInMs);
  if (backlog.workMs <= 0 || freeInMs.length === 0)
    return { waitMs: firstMs, spreadMs: firstMs };
  // Workers that are busy for longer than the wait do not take part: leave them out, and look again.
  let level = Number.POSITIVE_INFINITY;
  let servers = freeInMs.length;
  for (;;) {
    let workMs = backlog.workMs;
    let n = 0;
    for (const ms of freeInMs)
      if (ms < level) {
        workMs += ms;
        n++;
      }
    if (n === 0) break;
    level = workMs / n;
    if (n === servers) break;
    servers = n;
  }
  const share = shareLeft(servers, backlog);
  const waitMs =
    Math.max(firstMs, level - ((servers - 1) / servers) * residualMs) / share;
  // Of what runs, each server's rest is as uncertain as it is long; what comes meanwhile is Poisson.
  const variance =
    backlog.varianceMs2 +
    servers * residualMs ** 2 +
    backlog.higherWorkers * waitMs * 2 * residualMs;
  return { waitMs, spreadMs: Math.sqrt(variance) / (servers * share) };
}

/** Of the servers, what higher priorities leave; never nothing, since their rush may end. */
export const shareLeft = (
  servers: number,
  { higherWorkers }: Backlog,
): number => Math.max(LEAST_SHARE, 1 - higherWorkers / servers);

/** Until the first of several is free, each with this mean, if the rests are exponential: between the least of them and a share of it. */
function firstFree(freeInMs: readonly number[]): number {
  let rate = 0;
  for (const ms of freeInMs) {
    if (ms <= 0) return 0;
    rate += 1 / ms;
  }
  return 1 / rate;
}
