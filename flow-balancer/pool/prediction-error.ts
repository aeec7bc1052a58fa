/** How far predictions were from what happened: the newest 256, as |ln(predicted / actual)|. */

import type { ErrorSummary } from "../core/pool-status.ts";
import { percentile } from "../core/stats.ts";

const KEPT = 256;
/** Added to both, ms: 0.1 for 0.3 is no error that anybody notices. */
const GRAIN_MS = 1;

export class PredictionError {
  readonly #errors: number[] = [];
  #n = 0;

  observe(predictedMs: number, actualMs: number): void {
    this.#errors[this.#n++ % KEPT] = Math.abs(
      Math.log((predictedMs + GRAIN_MS) / (actualMs + GRAIN_MS)),
    );
  }

  summary(): ErrorSummary {
    const sorted = [...this.#errors].sort((a, b) => a - b);
    const near = sorted.filter((error) => error <= Math.LN2).length;
    return {
      n: this.#n,
      medianLogRatio: percentile(sorted, 0.5),
      withinTwice: near / sorted.length,
    };
  }
}
