/**
 * How good a router of two experts is at telling which tasks are worth the dear one: the gain over the cheap one
 * as more and more tasks, the likeliest first, go to the dear one (the measure of RouteLLM, Ong et al. 2024).
 */

/** Of one task of the test: whether each expert solved it. */
export interface Solved {
  readonly weak: boolean;
  readonly strong: boolean;
}

export interface CurveFigures {
  /**
   * Average over all shares 0..1 of tasks given to the strong expert, the highest scores first, of (right -
   * right of the weak alone) / (right of the strong alone - right of the weak alone). Random is 0.5. Null: the strong one solved no more.
   */
  readonly apgr: number | null;
  /** Share of tasks the strong expert needs for 50 % and 80 % of what it gains over the weak one. */
  readonly cpt50: number | null;
  readonly cpt80: number | null;
}

/** `scores[i]` of `tasks[i]`: higher goes to the strong expert first; equal ones go in equal parts. */
export function gainCurve(
  tasks: readonly Solved[],
  scores: readonly number[],
): CurveFigures {
  const gains = tasks.map(({ weak, strong }) => Number(strong) - Number(weak));
  const whole = gains.reduce((sum, gain) => sum + gain, 0);
  if (whole <= 0) return { apgr: null, cpt50: null, cpt80: null };
  const order = gains
    .map((_, at) => at)
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const reached = { half: Number.NaN, most: Number.NaN };
  let [area, sum, at] = [0, 0, 0];
  while (at < order.length) {
    const score = scores[order[at] ?? 0];
    const from = at;
    let gain = 0;
    for (; at < order.length && scores[order[at] ?? 0] === score; at++)
      gain += gains[order[at] ?? 0] ?? 0;
    area += (at - from) * (sum + gain / 2);
    const share = (wanted: number): number =>
      (from + ((wanted * whole - sum) / gain) * (at - from)) / order.length;
    if (Number.isNaN(reached.half) && (sum + gain) / whole >= 0.5)
      reached.half = share(0.5);
    if (Number.isNaN(reached.most) && (sum + gain) / whole >= 0.8)
      reached.most = share(0.8);
    sum += gain;
  }
  return {
    apgr: area / (whole * order.length),
    cpt50: reached.half,
    cpt80: reached.most,
  };
}
