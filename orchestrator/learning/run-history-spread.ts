/**
 * How far runs stray above their middle, in logarithms: how far beyond the longest one the limit lies when
 * fewer runs may be longer than the window can show. Runs beyond the longest are taken to thin out by a
 * power law (exponential in logarithms), whose scale is the mean excess over the middle.
 */

/** Plain data. */
export interface SpreadState {
  readonly center: number;
  readonly scale: number;
}

/** Before anything is seen: a factor of 1.6. It counts for five runs. */
const FIRST_SCALE = 0.5;
const FIRST_COUNTS = 5;
const CENTER_STEP = 0.15;
const SCALE_STEP = 0.01;
/** One run counts for a factor of 7 over the middle at most. */
const MOST_EXCESS = 2;
/** Runs all alike differ some day. */
const LEAST_SCALE = 0.01;
/** Debt counts for so many scales at most, and for a factor of 8. */
const MOST_SCALES = 4;
const MOST_LOG = 2.1;

export class LogSpread {
  #center: number;
  #scale: number;

  constructor(
    { center, scale }: SpreadState = { center: 0, scale: FIRST_SCALE },
  ) {
    this.#center = center;
    this.#scale = scale;
  }

  /** The `nth` run, from 1; ms above 0. */
  add(ms: number, nth: number): void {
    const log = Math.log(ms);
    if (nth === 1) this.#center = log;
    const excess = Math.min(MOST_EXCESS, Math.max(0, log - this.#center));
    const step = Math.max(SCALE_STEP, 1 / (nth + FIRST_COUNTS));
    this.#scale += step * (excess - this.#scale);
    this.#center += Math.max(CENTER_STEP, 1 / nth) * (log - this.#center);
  }

  /** Times the longest run, so that `expected` (in (0, 1)) of as many runs more are longer. */
  factor(expected: number): number {
    const scales = Math.min(MOST_SCALES, -Math.log(expected));
    const scale = Math.max(LEAST_SCALE, this.#scale);
    return Math.exp(Math.min(MOST_LOG, scale * scales));
  }

  snapshot(): SpreadState {
    return { center: this.#center, scale: this.#scale };
  }
}
