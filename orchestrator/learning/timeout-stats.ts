/** What is known of how long runs take, for people: how long they took, how long they may take now, and how sure that is. */

import type {
  LimitBasis,
  RunLimit,
} from "../../flow-balancer/core/run-limit.ts";
import type {
  BucketTimeouts,
  KindTimeouts,
} from "../../flow-balancer/core/timeout-stats.ts";
import type { QuantileSketch } from "./quantile-sketch.ts";
import type { RunHistory, Threshold } from "./run-history.ts";
import { simpleRuleMs } from "./timeout-simple-rule.ts";

const MOST_BUCKETS = 20;
/** Fewer runs than this decide nothing by themselves. */
const ENOUGH = 20;

/** `target`: the share of runs that may be longer than the limit. */
export function bucketTimeouts(
  {
    bucket,
    history,
    limit,
  }: {
    readonly bucket: string;
    readonly history: RunHistory;
    readonly limit: RunLimit;
  },
  threshold: Threshold,
  target: number,
): BucketTimeouts {
  const { completed, timeouts, window, mostBeat } = history;
  const quantile = (share: number): number | null =>
    window.size === 0 ? null : window.quantile(share);
  const killsAtMs = mostBeat ? limit.maxMs : limit.softMs;
  return {
    bucket,
    n: completed,
    timeouts,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    limit,
    mostBeat,
    wouldHaveKilled: { runs: window.above(killsAtMs), of: window.size },
    sure: sureness(
      limit,
      { n: completed, misses: history.misses(threshold) },
      target,
    ),
  };
}

export function kindTimeouts(
  kind: string,
  {
    history,
    recent,
  }: { readonly history: RunHistory; readonly recent: QuantileSketch },
  buckets: readonly BucketTimeouts[],
  fallback: RunLimit,
): KindTimeouts {
  const often = [...buckets].sort(
    (a, b) => b.n + b.timeouts - (a.n + a.timeouts),
  );
  const first = often[0];
  const quantile = (share: number): number | null =>
    recent.n === 0 ? null : recent.quantile(share);
  const killed = { runs: 0, of: 0 };
  for (const { wouldHaveKilled } of buckets) {
    killed.runs += wouldHaveKilled.runs;
    killed.of += wouldHaveKilled.of;
  }
  return {
    kind,
    n: history.completed,
    timeouts: history.timeouts,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    bucket: first?.bucket ?? "",
    limit: first?.limit ?? fallback,
    wouldHaveKilled: killed,
    sure: first?.sure ?? "no runs remembered",
    simpleRuleMs: simpleRuleMs(recent),
    buckets: often.slice(0, MOST_BUCKETS),
  };
}

function sureness(
  { basis, n: behind }: RunLimit,
  { n, misses }: { readonly n: number; readonly misses: number },
  target: number,
): string {
  const runs = n === 1 ? "1 run" : `${n} runs`;
  if (basis !== "own_runs")
    return `${runs}, not enough: ${DECIDED_BY[basis](behind)}`;
  if (n < ENOUGH) return `${runs}, not enough to go by alone`;
  const missed = `${misses} longer than the limit of their time (aim ${share(target)})`;
  const needed = Math.ceil(1 / target);
  return n < needed
    ? `${runs}, thin: it takes ${needed} to see one in ${needed}; ${missed}`
    : `${runs}; ${missed}, ${share(misses / n)}`;
}

const DECIDED_BY: Readonly<
  Record<Exclude<LimitBasis, "own_runs">, (n: number) => string>
> = {
  explicit: () => "the caller's own limit decides",
  default: () => "the default decides",
  kind: (n) => `${n} runs of the kind decide`,
  all_kinds: (n) => `${n} runs of all kinds decide`,
};

const share = (value: number): string => `${+(100 * value).toFixed(2)} %`;
