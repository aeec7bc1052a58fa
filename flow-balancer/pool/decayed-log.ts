/**
 * The typical value of a time that varies by factors, as starting a process does: mean and
 * variance of its logarithm. One outlier moves it little. The first observations count equally,
 * later ones fade (weight 1/n, then 1/64), which needs no correction for the start.
 */

const SLOWEST = 1 / 64;
/** Below this, ms, a difference says nothing. */
const LEAST_MS = 0.01;

export class DecayedLog {
  n = 0;
  #mean = 0;
  #variance = 0;

  observe(ms: number): void {
    this.n++;
    const rate = Math.max(1 / this.n, SLOWEST);
    const off = Math.log(Math.max(ms, LEAST_MS)) - this.#mean;
    this.#mean += rate * off;
    this.#variance = (1 - rate) * (this.#variance + rate * off * off);
  }

  /** The median, if it is log-normal. Of nothing observed: 1. */
  get typicalMs(): number {
    return Math.exp(this.#mean);
  }

  /** The 90th percentile, if it is log-normal. */
  get highMs(): number {
    return Math.exp(this.#mean + 1.2816 * Math.sqrt(this.#variance));
  }
}
