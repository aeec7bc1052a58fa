/** The rules a learner has to beat: never warm, always warm, and one keep-alive time for all. */

import type { KeepWarmPolicy } from "./keep-warm-policy.ts";

/** Each process is kept for the same time, whatever its key. 0: always cold; Infinity: always warm. */
export function fixedPolicy(keepsMs: readonly number[]): KeepWarmPolicy {
  const windows = keepsMs.map((untilMs) => ({ fromMs: 0, untilMs }));
  return {
    name: "fixed",
    pointsMs: keepsMs,
    arrived: () => undefined,
    ended: () => windows,
  };
}

export const alwaysCold = (): KeepWarmPolicy => ({
  ...fixedPolicy([0]),
  name: "always cold",
});

export const alwaysWarm = (): KeepWarmPolicy => ({
  ...fixedPolicy([Number.POSITIVE_INFINITY]),
  name: "always warm",
});
