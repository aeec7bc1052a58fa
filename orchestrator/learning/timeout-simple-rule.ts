/** The rule that learned limits are held against: one and a half times the 95th percentile, once there are 20 runs. */

import type { QuantileSketch } from "./quantile-sketch.ts";

export const SIMPLE_RULE = {
  runs: 20,
  share: 0.95,
  factor: 1.5,
  beforeMs: 300_000,
} as const;

/** ms; of completed runs, within 1 %. */
export const simpleRuleMs = (runs: QuantileSketch): number =>
  runs.n < SIMPLE_RULE.runs
    ? SIMPLE_RULE.beforeMs
    : SIMPLE_RULE.factor * runs.quantile(SIMPLE_RULE.share);
