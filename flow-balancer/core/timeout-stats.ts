/** What is known of how long runs of a kind take, and how long they may take now. */

import type { RunLimit } from "./run-limit.ts";

/** How long completed runs took, ms; null: there are none. */
interface RunTimes {
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

interface Counts {
  /** Runs that completed and runs that a timeout ended, ever. */
  readonly n: number;
  readonly timeouts: number;
  /**
   * Of the remembered runs that completed (at most 256 a bucket), those that today's limit would have ended:
   * longer than `maxMs` where most give signs of life, else longer than `softMs`.
   */
  readonly wouldHaveKilled: { readonly runs: number; readonly of: number };
  /** In words; thin evidence is called so. */
  readonly sure: string;
}

/** Of what within a kind runs alike (core/learning-key.ts); times are of the last 256 runs. */
export interface BucketTimeouts extends RunTimes, Counts {
  readonly bucket: string;
  readonly limit: RunLimit;
  /** Whether at least three of four runs that completed lately gave signs of life. */
  readonly mostBeat: boolean;
}

/** Of one kind, all buckets together; times are of the last 1,000 to 2,000 runs, within 1 %. */
export interface KindTimeouts extends RunTimes, Counts {
  readonly kind: string;
  /** Whose limit is shown: the bucket that ran most often. */
  readonly bucket: string;
  readonly limit: RunLimit;
  /** 1.5 x P95 of the kind once 20 runs are there, 300 s before: what a simple rule would allow now, ms. */
  readonly simpleRuleMs: number;
  /** The 20 that ran most often, the most frequent first. */
  readonly buckets: readonly BucketTimeouts[];
}

/** What a run of a kind may take of which nothing more is known. */
export interface KindLimit {
  readonly kind: string;
  readonly limit: RunLimit;
}

/** The same for programs: times in ms. */
export const timeoutsView = (it: KindTimeouts) => ({
  kind: it.kind,
  bucket: it.bucket,
  ...figures(it),
  simple_rule_ms: rounded(it.simpleRuleMs),
  buckets: it.buckets.map((of) => ({
    bucket: of.bucket,
    ...figures(of),
    gives_signs_of_life: of.mostBeat,
  })),
});

const figures = (it: RunTimes & Counts & { readonly limit: RunLimit }) => ({
  n: it.n,
  timeouts: it.timeouts,
  p50_ms: rounded(it.p50Ms),
  p95_ms: rounded(it.p95Ms),
  p99_ms: rounded(it.p99Ms),
  soft_limit_ms: it.limit.softMs,
  max_limit_ms: it.limit.maxMs,
  basis: it.limit.basis,
  basis_runs: it.limit.n,
  would_have_killed: it.wouldHaveKilled.runs,
  of_remembered: it.wouldHaveKilled.of,
  how_sure: it.sure,
});

/** To the microsecond. */
const rounded = (ms: number | null): number | null =>
  ms === null ? null : Math.round(ms * 1_000) / 1_000;
