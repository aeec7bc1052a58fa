/** How much work arrives: expected run time per ms, over about the newest 64 arrivals. */

const SLOWEST = 1 / 64;

export class ArrivalRate {
  #n = 0;
  #lastAt = 0;
  #gapMs = 0;
  #costMs = 0;

  arrived(costMs: number, now: number): void {
    const rate = Math.max(SLOWEST, 1 / ++this.#n);
    this.#costMs += rate * (costMs - this.#costMs);
    // The first has no gap before it.
    if (this.#n > 1) {
      const gapRate = Math.max(SLOWEST, 1 / (this.#n - 1));
      this.#gapMs += gapRate * (now - this.#lastAt - this.#gapMs);
    }
    this.#lastAt = now;
  }

  /** Workers it keeps busy. Falls once nothing comes any more; 0 until a few came. */
  workers(now: number): number {
    if (this.#n < 4) return 0;
    const gapMs = Math.max(this.#gapMs, (now - this.#lastAt) / 4);
    return gapMs > 0 ? this.#costMs / gapMs : Infinity;
  }
}
