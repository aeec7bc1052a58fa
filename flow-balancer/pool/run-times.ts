/**
 * How long runs of one kind take: a histogram in log space (four buckets an octave, so that a
 * quantile is right to 9 %) whose old entries fade, with exact mean and variance beside it. A run
 * that was cut off is not a duration: its weight goes to what is known to take longer, in
 * proportion (Efron's redistribution to the right), so it can only raise the estimates.
 */

const PER_OCTAVE = 4;
/** The first bucket ends at 2^-4 ms, the last begins at about 2^24 ms (4.6 hours). */
const LOWEST_OCTAVE = -4;
const BUCKETS = 28 * PER_OCTAVE;
/** Runs that count: an entry has lost two thirds of its weight after so many more. */
const MEMORY = 256;
const GROWTH = 1 / (1 - 1 / MEMORY);
/** Derived tables may be as many observations old. */
const MAX_STALE = 16;

const bucketOf = (ms: number): number =>
  Math.max(
    0,
    Math.min(
      BUCKETS - 1,
      Math.floor((Math.log2(ms) - LOWEST_OCTAVE) * PER_OCTAVE),
    ),
  );
/** Where each bucket begins, and where the last ends, ms. */
const EDGES = Float64Array.from(
  { length: BUCKETS + 1 },
  (_, bucket) => 2 ** (bucket / PER_OCTAVE + LOWEST_OCTAVE),
);

export class RunTimes {
  /** Runs that ended by themselves, ever; those cut off are not in it. */
  n = 0;
  readonly #weights = new Float64Array(BUCKETS);
  readonly #sums = new Float64Array(BUCKETS);
  /** Weight and sum of all higher buckets. */
  readonly #weightsAbove = new Float64Array(BUCKETS);
  readonly #sumsAbove = new Float64Array(BUCKETS);
  /** What the next observation weighs: it grows, which is the same as if the old ones shrank. */
  #unit = 1;
  #weight = 0;
  #sum = 0;
  #squares = 0;
  #stale = 0;
  #low = 0;
  #high = 0;
  #last = 0;

  get isEmpty(): boolean {
    return this.#weight === 0;
  }

  get meanMs(): number {
    return this.#sum / this.#weight;
  }

  get varianceMs2(): number {
    return Math.max(0, this.#squares / this.#weight - this.meanMs ** 2);
  }

  /** What a run that is looked at while it runs has left, on average: E[x^2] / 2E[x]. */
  get residualMs(): number {
    return this.#squares / (2 * this.#sum);
  }

  /** The 10th, 90th and 99th percentile. */
  get quantiles(): {
    readonly lowMs: number;
    readonly highMs: number;
    readonly lastMs: number;
  } {
    this.#refresh();
    return { lowMs: this.#low, highMs: this.#high, lastMs: this.#last };
  }

  ended(ms: number): void {
    this.n++;
    this.#add(bucketOf(ms), Math.max(ms, 0.001), this.#unit);
    this.#grow();
  }

  /** A run was cut off after `ms`. If nothing longer is known it counts as at least twice that, and at least `priorMs`. */
  cutOff(ms: number, priorMs: number): void {
    this.#refresh(0);
    const at = bucketOf(ms);
    const above = this.#weightsAbove[at] ?? 0;
    if (above <= 0) {
      // At least the highest that was seen, or it would lower the mean of those.
      const guess = Math.max(2 * ms, priorMs, this.#last);
      this.#add(bucketOf(guess), guess, this.#unit);
    } else {
      const share = this.#unit / above;
      for (let bucket = at + 1; bucket < BUCKETS; bucket++) {
        const weight = this.#weights[bucket] ?? 0;
        if (weight > 0)
          this.#add(bucket, (this.#sums[bucket] ?? 0) / weight, weight * share);
      }
    }
    this.#grow();
  }

  /** What a run that has taken `elapsedMs` has left, on average; as much again if none is known that took so long. */
  remainingMs(elapsedMs: number): number {
    if (elapsedMs <= 0) return this.meanMs;
    this.#refresh();
    const at = bucketOf(elapsedMs);
    const begin = EDGES[at] ?? 0;
    const end = EDGES[at + 1] ?? 0;
    // Runs are taken to be spread evenly over the bucket in question.
    const share = Math.min(1, Math.max(0, (end - elapsedMs) / (end - begin)));
    const here = share * (this.#weights[at] ?? 0);
    const weight = here + (this.#weightsAbove[at] ?? 0);
    if (weight <= this.#weight * 1e-9) return elapsedMs;
    const sum = (here * (end + elapsedMs)) / 2 + (this.#sumsAbove[at] ?? 0);
    return Math.max(0, sum / weight - elapsedMs);
  }

  #add(bucket: number, ms: number, weight: number): void {
    this.#weights[bucket] = (this.#weights[bucket] ?? 0) + weight;
    this.#sums[bucket] = (this.#sums[bucket] ?? 0) + weight * ms;
    this.#weight += weight;
    this.#sum += weight * ms;
    this.#squares += weight * ms * ms;
  }

  #grow(): void {
    this.#stale++;
    this.#unit *= GROWTH;
    if (this.#unit < 1e9) return;
    const scale = 1 / this.#unit;
    this.#unit = 1;
    this.#weight *= scale;
    this.#sum *= scale;
    this.#squares *= scale;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#weights[bucket] = (this.#weights[bucket] ?? 0) * scale;
      this.#sums[bucket] = (this.#sums[bucket] ?? 0) * scale;
    }
    this.#refresh(0);
  }

  #refresh(allowed = Math.min(MAX_STALE, this.n >> 3)): void {
    if (this.#stale <= allowed) return;
    this.#stale = 0;
    let weight = 0;
    let sum = 0;
    this.#low = this.#high = this.#last = 0;
    for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
      this.#weightsAbove[bucket] = weight;
      this.#sumsAbove[bucket] = sum;
      const here = this.#weights[bucket] ?? 0;
      if (here === 0) continue;
      weight += here;
      sum += this.#sums[bucket] ?? 0;
      const mean = (this.#sums[bucket] ?? 0) / here;
      if (this.#last === 0 && weight >= 0.01 * this.#weight) this.#last = mean;
      if (this.#high === 0 && weight >= 0.1 * this.#weight) this.#high = mean;
      if (this.#low === 0 && weight >= 0.9 * this.#weight) this.#low = mean;
    }
  }
}
