/**
 * How often which lengths of time came, in bins that grow by a fiftieth: any number of them takes a few
 * hundred counters, histograms add up, and a quantile is within 1 % of the exact one (nearest rank).
 */

/** Below this, ms, all are alike. */
const LEAST_MS = 0.01;
const GROWTH = Math.log(1.02);

export class LogHistogram {
  readonly #bins = new Map<number, number>();
  #n = 0;

  get n(): number {
    return this.#n;
  }

  add(ms: number): void {
    const bin =
      ms <= LEAST_MS ? 0 : Math.ceil(Math.log(ms / LEAST_MS) / GROWTH);
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1);
    this.#n++;
  }

  addAll(other: LogHistogram): void {
    for (const [bin, count] of other.#bins)
      this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + count);
    this.#n += other.#n;
  }

  /** The smallest that at least each of `shares` (ascending, 0..1) do not exceed; null of nothing. */
  quantiles(shares: readonly number[]): (number | null)[] {
    if (this.#n === 0) return shares.map(() => null);
    const bins = [...this.#bins].sort(([a], [b]) => a - b);
    return shares.map((share) => {
      let left = Math.max(1, Math.ceil(share * this.#n));
      const found = bins.find(([, count]) => (left -= count) <= 0);
      return found === undefined ? null : middle(found[0]);
    });
  }
}

const middle = (bin: number): number =>
  bin === 0 ? 0 : rounded(LEAST_MS * Math.exp((bin - 0.5) * GROWTH));

/** To the microsecond. */
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;
