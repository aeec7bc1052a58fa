/**
 * Fewer points for a chart, without losing a peak: of each bucket the lowest and the highest value stay, in
 * the order in which they came, as in M4 (Jugel et al., VLDB 2014) with two of its four points.
 */

export type Values = readonly (number | null)[];

export interface ThinSeries {
  /** Epoch ms, ascending. */
  readonly at: readonly number[];
  readonly values: readonly Values[];
}

/** At most so many points a chart: more than its pixels show, and few enough to draw in a frame. */
export const MOST_POINTS = 600;

/**
 * `series`: each as long as `at`. With at most `most` points nothing changes; else each series keeps its
 * lowest and highest value of every bucket. Null stays a gap where a whole bucket is null.
 */
export function thinSeries(
  at: readonly number[],
  series: readonly Values[],
  most: number = MOST_POINTS,
): ThinSeries {
  if (at.length <= most) return { at, values: series };
  const buckets = Math.max(1, Math.floor(most / 2));
  const edges = Array.from({ length: buckets + 1 }, (_, i) =>
    Math.floor((i * at.length) / buckets),
  );
  const spans = edges.slice(1).map((to, i) => [edges[i] ?? 0, to] as const);
  return {
    at: spans.flatMap(([from, to]) => [at[from] ?? 0, at[to - 1] ?? 0]),
    values: series.map((values) =>
      spans.flatMap(([from, to]) => extremes(values, from, to)),
    ),
  };
}

/** The lowest and the highest of `values[from..to)`, the earlier one first. */
function extremes(
  values: Values,
  from: number,
  to: number,
): readonly [number | null, number | null] {
  let low = -1;
  let high = -1;
  for (let i = from; i < to; i += 1) {
    const value = values[i] ?? null;
    if (value === null) continue;
    if (low < 0 || value < (values[low] ?? 0)) low = i;
    if (high < 0 || value > (values[high] ?? 0)) high = i;
  }
  if (low < 0) return [null, null];
  const [first, second] = low <= high ? [low, high] : [high, low];
  return [values[first] ?? null, values[second] ?? null];
}
