/** The slope of a line through points, of which a few may be far off: the median of the slopes of all pairs (Theil 1950, Sen 1968). O(n^2). */

import { summarise } from "../flow-balancer/core/stats.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** In units of y for one of x; NaN for fewer than two different x. */
export function theilSenSlope(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (const [at, a] of points.entries())
    for (const b of points.slice(at + 1))
      if (a.x !== b.x) slopes.push((b.y - a.y) / (b.x - a.x));
  return summarise(slopes).p50;
}
