/** Made-up runs with known habits, from a seed, and any history a property may meet. */

import fc from "fast-check";
import {
  DeadlineLearner,
  type DeadlineOptions,
  type ObservedRun,
} from "../../orchestrator/learning/deadline-learner.ts";
import { seeded } from "./keep-warm-traces.ts";

export const OPTIONS: DeadlineOptions = {
  missesPerThousand: 10,
  minMs: 100,
  maxMs: 3_600_000,
  defaultMs: 300_000,
};

export const run = (more: Partial<ObservedRun> = {}): ObservedRun => ({
  kind: "build",
  bucket: "",
  state: "completed",
  runMs: 5_000,
  hasBeats: false,
  ...more,
});

export function learned(
  runs: readonly ObservedRun[],
  options: DeadlineOptions = OPTIONS,
): DeadlineLearner {
  const learner = new DeadlineLearner(options);
  for (const it of runs) learner.observe(it);
  return learner;
}

export const times = (
  count: number,
  more: Partial<ObservedRun> = {},
): ObservedRun[] => Array.from({ length: count }, () => run(more));

/** Log-normal run times, ms. */
export function logNormal(
  seed: number,
  medianMs: number,
  sigma: number,
): () => number {
  const chance = seeded(seed);
  return () => {
    const normal =
      Math.sqrt(-2 * Math.log(chance())) * Math.cos(2 * Math.PI * chance());
    return medianMs * Math.exp(sigma * normal);
  };
}

export const KINDS = ["build", "test"] as const;
export const BUCKETS = ["", "small"] as const;

/** Of few kinds and buckets, so that some have many runs; long and short, and ended in every way. */
export const anyRun: fc.Arbitrary<ObservedRun> = fc.record({
  kind: fc.constantFrom(...KINDS),
  bucket: fc.constantFrom(...BUCKETS),
  state: fc.constantFrom(
    "completed",
    "completed",
    "completed",
    "timed_out",
    "failed",
  ),
  runMs: fc.oneof(
    fc.double({ min: 900, max: 1_100, noNaN: true }),
    fc.double({ min: 0, max: 1e6, noNaN: true }),
  ),
  hasBeats: fc.boolean(),
});

/** Up to a few hundred, in stretches of one sort. */
export const anyHistory: fc.Arbitrary<ObservedRun[]> = fc
  .array(fc.tuple(anyRun, fc.integer({ min: 1, max: 80 })), { maxLength: 10 })
  .map((stretches) =>
    stretches.flatMap(([it, count]) =>
      Array.from({ length: count }, (_, nth) => ({
        ...it,
        runMs: (it.runMs ?? 0) * (1 + (nth % 7) / 50),
      })),
    ),
  );
