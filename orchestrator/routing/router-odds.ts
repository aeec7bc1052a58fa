/**
 * How likely each of several is to be the best, where each is known only as a mean and a deviation: the odds of
 * Thompson sampling (1933), worked out instead of drawn, so that the odds that are logged are the odds that
 * were played. The distribution function is 7.1.26 of Abramowitz and Stegun, off by at most 1.5e-7; beyond four deviations nothing is expected.
 */

import { mix32 } from "../learning/similarity-hash.ts";

export interface Estimate {
  readonly mean: number;
  /** Standard deviation. */
  readonly deviation: number;
}

/** Pieces of the range in which the best may lie. */
const CELLS = 24;
const REACH = 4;
const LEAST_DEVIATION = 1e-9;
const NEVER = 1e-12;

/**
 * One for each estimate, in order; they add up to 1, and each is at least `floor` / how many there are.
 * Estimates count as normal and independent. `floor`: 0..1.
 */
export function oddsOf(
  estimates: readonly Estimate[],
  floor: number,
): number[] {
  const count = estimates.length;
  const odds = Array.from({ length: count }, () => 0);
  if (count === 0) return odds;
  const [from, width] = cellsOf(estimates);
  const below = new Float64Array(count);
  const upTo = new Float64Array(count);
  fillShares(below, estimates, from);
  let total = 0;
  for (let cell = 1; cell <= CELLS; cell++) {
    fillShares(upTo, estimates, from + cell * width);
    let allBelow = 1;
    for (let at = 0; at < count; at++)
      allBelow *= ((below[at] ?? 0) + (upTo[at] ?? 0)) / 2;
    for (let at = 0; at < count; at++) {
      const middle = ((below[at] ?? 0) + (upTo[at] ?? 0)) / 2;
      // It lies in this cell, and all others below it.
      const share =
        middle < NEVER
          ? 0
          : (((upTo[at] ?? 0) - (below[at] ?? 0)) * allBelow) / middle;
      odds[at] = (odds[at] ?? 0) + share;
      total += share;
    }
    below.set(upTo);
  }
  return odds.map(
    (share) =>
      floor / count + (1 - floor) * (total > 0 ? share / total : 1 / count),
  );
}

/** The best is hardly below what the safest one reaches, nor above what the boldest one does. */
function cellsOf(
  estimates: readonly Estimate[],
): [from: number, width: number] {
  let from = Number.NEGATIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { mean, deviation } of estimates) {
    const reach = REACH * Math.max(LEAST_DEVIATION, deviation);
    from = Math.max(from, mean - reach);
    to = Math.max(to, mean + reach);
  }
  return [from, (to - from) / CELLS];
}

/** Of each, how likely it is below `at`. */
function fillShares(
  shares: Float64Array,
  estimates: readonly Estimate[],
  at: number,
): void {
  for (let i = 0; i < shares.length; i++) {
    const { mean = 0, deviation = 0 } = estimates[i] ?? {};
    shares[i] = normalShare((at - mean) / Math.max(LEAST_DEVIATION, deviation));
  }
}

/** Share of a standard normal distribution below `z`. */
function normalShare(z: number): number {
  if (Math.abs(z) > REACH) return z < 0 ? 0 : 1;
  const x = Math.abs(z) * Math.SQRT1_2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail =
    t *
    (0.254829592 +
      t *
        (-0.284496736 +
          t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
    Math.exp(-x * x);
  return z < 0 ? tail / 2 : 1 - tail / 2;
}

/** How likely `a` is to be better than `b`. */
export const oddsAbove = (a: Estimate, b: Estimate): number =>
  normalShare(
    (a.mean - b.mean) /
      Math.max(LEAST_DEVIATION, Math.hypot(a.deviation, b.deviation)),
  );

/** -1 if there are none. The place that `seed` (any integer) falls on, each as likely as its odds. */
export function drawn(odds: readonly number[], seed: number): number {
  let left = mix32(mix32(seed) ^ 0x9e_37_79_b9) / 2 ** 32;
  for (let at = 0; at < odds.length; at++) {
    left -= odds[at] ?? 0;
    if (left < 0) return at;
  }
  return odds.length - 1;
}
