/** Quantiles of the last thousand or two of runs: two sketches, of which the older one is let go when the newer is full. */

import { QuantileSketch, type SketchState } from "./quantile-sketch.ts";

/** Runs a sketch takes. */
const GENERATION = 1_000;

/** Plain data. */
export interface RecentSketchState {
  readonly newer: SketchState;
  readonly older: SketchState;
}

export class RecentSketch {
  #newer: QuantileSketch;
  #older: QuantileSketch;

  constructor(state?: RecentSketchState) {
    this.#newer = new QuantileSketch(state?.newer);
    this.#older = new QuantileSketch(state?.older);
  }

  add(ms: number): void {
    if (this.#newer.n >= GENERATION) {
      this.#older = this.#newer;
      this.#newer = new QuantileSketch();
    }
    this.#newer.add(ms);
  }

  /** Of the last 1,000 to 2,000 runs, or all while there are fewer. */
  recent(): QuantileSketch {
    return QuantileSketch.merge(this.#newer, this.#older);
  }

  snapshot(): RecentSketchState {
    return { newer: this.#newer.snapshot(), older: this.#older.snapshot() };
  }
}
