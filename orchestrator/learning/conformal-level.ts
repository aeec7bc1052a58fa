/**
 * How daring the next limit may be, steered by what the last ones missed (adaptive conformal inference,
 * Gibbs and Candès 2021): each miss makes it more careful, each hit a little less, so that the share of
 * misses in the long run is the target, whatever the durations do.
 */

/** How far one observation moves the level: at a target of 1 %, one miss is paid back by 99 hits. 0.005 to 0.05 is usual. */
const STEP = 0.02;
/** No more daring than so many times the target: a long quiet time is not paid back in a burst of misses. */
const MOST_TARGETS = 2;
/** Where the debt ends: five misses too many. */
const LEAST = -0.1;
/** Below half the target, the share shrinks to 1/e with each such step: half a miss. */
const DEBT_SCALE = 0.01;

/** The level after a run that missed by `miss`: 1 longer than its limit, 0 not, between where only a chance is known. */
export const adaptLevel = (
  level: number,
  target: number,
  miss: number,
): number => boundedLevel(level + STEP * (target - miss), target);

/** Also of one that was learned by another target. */
export const boundedLevel = (level: number, target: number): number =>
  Math.min(MOST_TARGETS * target, Math.max(LEAST, level));

/**
 * The share of runs that may be longer: the level itself, and below half the target an ever smaller share
 * that never reaches 0, so that debt asks for a limit beyond all that was seen.
 */
export function shareBeyond(level: number, target: number): number {
  const half = target / 2;
  return level >= half ? level : half * Math.exp((level - half) / DEBT_SCALE);
}
