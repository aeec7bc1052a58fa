/**
 * How likely the next arrival is, as a function of how long one has waited: counts of idle gaps on
 * log-spaced bins, and the hazard of each bin (the chance that the wait ends in it, once it got
 * that far), shrunk toward a broader estimate. Counts fade, so that what changed is forgotten.
 */

/** Ratio of one bin's upper edge to the one before. Half as wide was no better on recorded traces, twice as wide worse. */
const BIN_RATIO = Math.SQRT2;
const FIRST_EDGE_MS = 100;
/** The last edge is 13.8 days. */
export const BINS = 48;

/** Upper edges, ms; the first bin begins at 0. */
export const BIN_EDGES_MS: readonly number[] = Array.from(
  { length: BINS },
  (_, bin) => FIRST_EDGE_MS * BIN_RATIO ** bin,
);

/** The bin of a gap in ms; an upper edge belongs to its own bin. What outlasts them all is in none: BINS. */
export function binOf(gapMs: number): number {
  if (gapMs <= FIRST_EDGE_MS) return 0;
  const steps = Math.log(gapMs / FIRST_EDGE_MS) / Math.log(BIN_RATIO);
  return Math.min(BINS, Math.ceil(steps - 1e-9));
}

/** Chance per bin that a wait which reached the bin ends in it. */
export type Hazard = Float64Array;

/**
 * Without evidence: the hazard of a gap at time t is 1/t (Pareto, exponent 1). Keeping warm pays
 * while hazard x break-even time > 1, so this prior keeps for exactly the break-even time, which
 * costs at most twice the best anybody could do (the ski-rental bound: Karlin, Manasse, Rudolph,
 * Sleator, "Competitive snoopy caching", Algorithmica 1988).
 */
export const priorHazard = (): Hazard =>
  new Float64Array(BINS).fill(1 - 1 / BIN_RATIO);

export interface GapCounts {
  readonly bins: Float32Array;
  total: number;
}

export const noGaps = (): GapCounts => ({
  bins: new Float32Array(BINS),
  total: 0,
});

const FORGOTTEN = 1e-6;

/** Every earlier gap keeps `keep` (0..1] of its weight, and this one counts 1; one in no bin has reached them all. */
export function countGap(counts: GapCounts, bin: number, keep: number): void {
  const { bins } = counts;
  for (let at = 0; at < BINS; at++) {
    const left = (bins[at] ?? 0) * keep;
    // Processors are slow with the smallest of numbers, which is where fading ends.
    bins[at] = left < FORGOTTEN ? 0 : left;
  }
  if (bin < BINS) bins[bin] = (bins[bin] ?? 0) + 1;
  counts.total = counts.total * keep + 1;
}

/**
 * Moves `hazard` toward what was counted; `strength` is how many gaps the broader estimate is worth
 * in each bin. `open` counts gaps that passed the bin and have not ended: what never comes back is
 * seen in them alone (they are censored, as in the estimator of Kaplan and Meier, 1958).
 */
export function shrinkInto(
  hazard: Hazard,
  { bins, total }: GapCounts,
  strength: number,
  open?: Float64Array,
): void {
  let reached = total + strength;
  for (let bin = 0; bin < BINS; bin++) {
    const ended = bins[bin] ?? 0;
    const atRisk = open === undefined ? reached : reached + (open[bin] ?? 0);
    hazard[bin] = (ended + strength * (hazard[bin] ?? 0)) / atRisk;
    reached = Math.max(strength, reached - ended);
  }
}

/** How little a gap in `bin` was expected: minus the logarithm of its chance. */
export function surprise(hazard: Hazard, bin: number): number {
  let logChance = 0;
  for (let at = 0; at < Math.min(bin, BINS); at++)
    logChance += Math.log1p(-(hazard[at] ?? 0));
  // Shrinking keeps a hazard inside (0, 1), but for what rounding does.
  return -Math.max(
    LOG_LEAST,
    bin < BINS ? logChance + Math.log(hazard[bin] ?? 0) : logChance,
  );
}

const LOG_LEAST = -50;
