/**
 * Any quantile of many durations to 1 %, in little room, and mergeable: counts in bins whose edges grow by
 * a constant factor (DDSketch; Masson, Rim and Lee, VLDB 2019). A merge is exact: in whatever order and
 * grouping durations are added or merged, the counts are the same, as long as they span less than the
 * 1,024 bins (a factor of 800 million). Beyond, the shortest are taken for the shortest that fits.
 */

/** The relative error, at most. */
const ACCURACY = 0.01;
const LOG_GROWTH = Math.log((1 + ACCURACY) / (1 - ACCURACY));
const MOST_BINS = 1_024;
/** ms; what is shorter is taken for this. */
const LEAST_MS = 0.001;

/** Plain data: the number of the first bin, and the counts from there on. */
export interface SketchState {
  readonly first: number;
  readonly counts: readonly number[];
}

export class QuantileSketch {
  #first = 0;
  #counts: number[] = [];
  #n = 0;

  constructor(state?: SketchState) {
    if (state === undefined) return;
    for (const [at, count] of state.counts.entries())
      this.#count(state.first + at, count);
  }

  static merge(a: QuantileSketch, b: QuantileSketch): QuantileSketch {
    const both = new QuantileSketch(a.snapshot());
    // The longest first, so that bins that do not fit are left out at once.
    for (let at = b.#counts.length - 1; at >= 0; at--)
      both.#count(b.#first + at, b.#counts[at] ?? 0);
    return both;
  }

  get n(): number {
    return this.#n;
  }

  add(ms: number): void {
    const bin = Math.ceil(Math.log(Math.max(LEAST_MS, ms)) / LOG_GROWTH);
    this.#count(bin + 0, 1); // Of -0, which JSON does not know, too.
  }

  /** What at least `share` (0..1] of the durations do not exceed, within 1 %, ms. NaN for none. */
  quantile(share: number): number {
    let left = Math.max(1, Math.ceil(share * this.#n));
    for (let at = 0; at < this.#counts.length; at++) {
      left -= this.#counts[at] ?? 0;
      if (left <= 0)
        return Math.exp((this.#first + at) * LOG_GROWTH) * (1 - ACCURACY);
    }
    return Number.NaN;
  }

  snapshot(): SketchState {
    return { first: this.#first, counts: [...this.#counts] };
  }

  #count(bin: number, count: number): void {
    if (count === 0) return;
    this.#n += count;
    if (this.#counts.length === 0) {
      this.#first = bin;
      this.#counts.push(count);
      return;
    }
    const last = this.#first + this.#counts.length - 1;
    if (bin > last) this.#growTo(bin);
    else if (bin < this.#first)
      this.#growDown(Math.max(bin, last - MOST_BINS + 1));
    const at = Math.max(0, bin - this.#first);
    this.#counts[at] = (this.#counts[at] ?? 0) + count;
  }

  #growTo(bin: number): void {
    while (this.#first + this.#counts.length <= bin) this.#counts.push(0);
    const tooMany = this.#counts.length - MOST_BINS;
    if (tooMany <= 0) return;
    const lowest = this.#counts.splice(0, tooMany);
    this.#first += tooMany;
    this.#counts[0] = lowest.reduce(
      (sum, it) => sum + it,
      this.#counts[0] ?? 0,
    );
  }

  #growDown(bin: number): void {
    if (bin >= this.#first) return;
    const missing = Array.from({ length: this.#first - bin }, () => 0);
    this.#counts = [...missing, ...this.#counts];
    this.#first = bin;
  }
}
