/** A quantile of a histogram as Prometheus reckons it: evenly spread within a bucket (promql/quantile.go, bucketQuantile). */

import type { Distribution } from "../../monitoring/metrics/metric.ts";

/** NaN of an empty one. */
export function histogramQuantile(
  share: number,
  { bounds, cumulative }: Pick<Distribution, "bounds" | "cumulative">,
): number {
  const total = cumulative.at(-1) ?? 0;
  if (total === 0) return Number.NaN;
  const rank = share * total;
  const at = bounds.findIndex((_, bucket) => cumulative[bucket]! >= rank);
  if (at === -1) return bounds.at(-1)!;
  const end = bounds[at]!;
  if (at === 0 && end <= 0) return end;
  const start = at === 0 ? 0 : bounds[at - 1]!;
  const below = at === 0 ? 0 : cumulative[at - 1]!;
  return start + (end - start) * ((rank - below) / (cumulative[at]! - below));
}
