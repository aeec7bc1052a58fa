/** What is known of how long the runs of a kind take, in lines for a person. */

import { duration } from "../../flow-balancer/core/figures.ts";
import { durationInWords } from "../../flow-balancer/core/duration-in-words.ts";
import type {
  LimitBasis,
  RunLimit,
} from "../../flow-balancer/core/run-limit.ts";
import type {
  BucketTimeouts,
  KindTimeouts,
} from "../../flow-balancer/core/timeout-stats.ts";

const BASES: Readonly<Record<LimitBasis, string>> = {
  explicit: "said by the caller",
  default: "the default",
  all_kinds: "by all kinds' runs",
  kind: "by the kind's runs",
  own_runs: "by its own runs",
};

/** A line for the kind, what its limit would have done and what the simple rule says; then a line a bucket. */
export function timeoutWords(stats: KindTimeouts): string[] {
  const { kind, n, timeouts, bucket, buckets, wouldHaveKilled } = stats;
  const { runs, of } = wouldHaveKilled;
  return [
    `${kind}: ${plural(n, "run")} completed, ${plural(timeouts, "timeout")}${timesWords(stats)}`,
    `  ${bucket === "" ? "" : `most often ${bucket}; `}${limitWords(stats.limit)}; how sure: ${stats.sure}`,
    `  of ${plural(of, "remembered healthy run")}, today's limits would have ended ${runs}`,
    `  the simple rule would say ${words(stats.simpleRuleMs)}`,
    ...(buckets.length > 1 ? buckets.map(bucketWords) : []),
  ];
}

const bucketWords = (it: BucketTimeouts): string =>
  `  ${it.bucket === "" ? "(no bucket)" : it.bucket}: ${limitWords(it.limit)}; ${it.sure}`;

const limitWords = ({ softMs, maxMs, basis }: RunLimit): string =>
  `ends after ${words(softMs)}${maxMs > softMs ? `, with signs of life after ${words(maxMs)}` : ""} (${BASES[basis]})`;

function timesWords({ p50Ms, p95Ms, p99Ms }: KindTimeouts): string {
  if (p50Ms === null || p95Ms === null || p99Ms === null) return "";
  return `; half within ${words(p50Ms)}, 95 % within ${words(p95Ms)}, 99 % within ${words(p99Ms)}`;
}

const plural = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

const words = (ms: number): string =>
  ms < 90_000 ? duration(ms) : durationInWords(ms);
