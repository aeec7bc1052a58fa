/**
 * The hybrid histogram policy of M. Shahrad et al., "Serverless in the Wild" (USENIX ATC 2020), as
 * a baseline: per key a histogram of idle times in 1-minute bins up to a range; let go at the end
 * of a task, prewarm before the 5th percentile and keep until the 99th, with a margin of 10 %.
 * Where the histogram says nothing (its bin counts vary too little) a process is kept for the range.
 *
 * One simplification: keys whose idle times mostly exceed the range are forecast with ARIMA there;
 * here the forecast is their exponentially smoothed mean, which is ARIMA(0,1,1), with the paper's
 * margin of 15 % on both sides.
 */

import { newIdleGaps, NO_LIMITS, taskArrived, taskEnded } from "./idle-gaps.ts";
import type { KeepWarmPolicy } from "./keep-warm-policy.ts";
import type { WarmWindow } from "./warm-window.ts";

const BIN_MS = 60_000;
const HEAD = 0.05;
const TAIL = 0.99;
const MARGIN = 0.1;
/** Bin counts that vary less (standard deviation / mean) are not representative. */
const MIN_CV = 2;
/** The paper says "many" idle times out of bounds without a number. */
const MOSTLY = 0.5;
const FORECAST_MARGIN = 0.15;
const SMOOTHING = 0.3;

interface History {
  readonly bins: Uint32Array;
  inBounds: number;
  outOfBounds: number;
  /** Sum of the squares of the bin counts. */
  squares: number;
  forecastMs: number;
}

/** Its operating points are histogram ranges, ms; the paper's own is 4 hours. */
export function hybridHistogramPolicy(
  rangesMs: readonly number[],
): KeepWarmPolicy {
  const points = rangesMs.map((rangeMs) => ({
    rangeMs,
    keys: new Map<string, History>(),
  }));
  const gaps = newIdleGaps();
  return {
    name: "hybrid histogram",
    pointsMs: rangesMs,
    arrived(key, nowMs) {
      const gapMs = taskArrived(gaps, key, nowMs);
      if (gapMs === null) return;
      for (const { rangeMs, keys } of points) {
        let history = keys.get(key);
        if (history === undefined) {
          history = newHistory(rangeMs, gapMs);
          keys.set(key, history);
        }
        record(history, gapMs);
      }
    },
    ended(key, nowMs) {
      taskEnded(gaps, key, nowMs, NO_LIMITS);
      return points.map(({ rangeMs, keys }) =>
        windowOf(keys.get(key), rangeMs),
      );
    },
  };
}

const newHistory = (rangeMs: number, gapMs: number): History => ({
  bins: new Uint32Array(Math.ceil(rangeMs / BIN_MS)),
  inBounds: 0,
  outOfBounds: 0,
  squares: 0,
  forecastMs: gapMs,
});

function record(history: History, gapMs: number): void {
  history.forecastMs += SMOOTHING * (gapMs - history.forecastMs);
  const bin = Math.floor(gapMs / BIN_MS);
  const count = history.bins[bin];
  if (count === undefined) {
    history.outOfBounds++;
    return;
  }
  history.bins[bin] = count + 1;
  history.inBounds++;
  history.squares += 2 * count + 1;
}

function windowOf(history: History | undefined, rangeMs: number): WarmWindow {
  const standard = { fromMs: 0, untilMs: rangeMs };
  if (history === undefined) return standard;
  const { bins, inBounds, outOfBounds, forecastMs } = history;
  if (outOfBounds > MOSTLY * (inBounds + outOfBounds))
    return {
      fromMs: forecastMs * (1 - FORECAST_MARGIN),
      untilMs: forecastMs * (1 + FORECAST_MARGIN),
    };
  if (variation(history) <= MIN_CV) return standard;
  // Rounded outward to the edges of bins.
  return {
    fromMs: binAt(bins, HEAD * inBounds) * BIN_MS * (1 - MARGIN),
    untilMs: (binAt(bins, TAIL * inBounds) + 1) * BIN_MS * (1 + MARGIN),
  };
}

/** Standard deviation of the bin counts over their mean. */
function variation({ bins, inBounds, squares }: History): number {
  if (inBounds === 0) return 0;
  const mean = inBounds / bins.length;
  return Math.sqrt(Math.max(0, squares / bins.length - mean * mean)) / mean;
}

/** The bin in which the `rank`-th gap lies. */
function binAt(bins: Uint32Array, rank: number): number {
  let seen = 0;
  for (let bin = 0; bin < bins.length; bin++) {
    seen += bins[bin] ?? 0;
    if (seen >= rank && seen > 0) return bin;
  }
  return bins.length - 1;
}
