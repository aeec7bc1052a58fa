/**
 * What the replay asks of a keep-warm rule. A rule is asked at several operating points at once
 * (prices, keep-alive times), since what it learns does not depend on them.
 */

import { outlookFor } from "./gap-memory.ts";
import { newWarmMemory, rememberArrival, rememberEnd } from "./warm-memory.ts";
import { bestWindow, type WarmWindow } from "./warm-window.ts";

export interface KeepWarmPolicy {
  readonly name: string;
  /** What sets each operating point apart: a break-even or keep-alive time, ms. */
  readonly pointsMs: readonly number[];
  arrived(key: string, nowMs: number): void;
  /** A process of the key falls idle: one window for each operating point. */
  ended(key: string, nowMs: number): readonly WarmWindow[];
}

/** One operating point of our rule. */
export interface LearnedPoint {
  readonly breakEvenMs: number;
  /** What a start in the background costs, in cold starts; without it there are none. */
  readonly prewarmCost?: number;
}

/** Our rule, at several prices. */
export function learnedPolicy(points: readonly LearnedPoint[]): KeepWarmPolicy {
  const memory = newWarmMemory();
  return {
    name: "learned",
    pointsMs: points.map(({ breakEvenMs }) => breakEvenMs),
    arrived: (key, nowMs) => rememberArrival(memory, key, nowMs),
    ended(key, nowMs) {
      rememberEnd(memory, key, nowMs);
      const outlook = outlookFor(memory.learned, key);
      return points.map(({ breakEvenMs, prewarmCost }) =>
        bestWindow(outlook, breakEvenMs, prewarmCost),
      );
    },
  };
}
