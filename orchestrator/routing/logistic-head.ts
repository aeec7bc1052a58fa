/**
 * Logistic regression on sparse vectors, one step an example, each weight at a pace of its own (AdaGrad:
 * Duchi, Hazan, Singer 2011). Two heads merge as the mean of their weights, each weight by how much
 * evidence it has on either side: near to learning both, not the same.
 */

import { decodeFloats, encodeFloats } from "./hashed-weights.ts";

/** A sparse vector: `values[i]` at `places[i]`. Only the first `length` count. */
export interface SparseVector {
  readonly places: Uint32Array;
  readonly values: Float64Array;
  readonly length: number;
}

/** JSON-able; 12 bytes a weight that was ever moved, before base64. */
export interface HeadSnapshot {
  /** Base64 of places (32 bits), then weights, then evidence (floats), little-endian. */
  readonly moved: string;
}

/** Of the first step, and what tempers it: chosen by cross-validation on a part that no figure is given for. */
const RATE = 0.1;
const EVIDENCE_BEFORE = 0.1;

/** 8 bytes a weight. */
export class LogisticHead {
  readonly #weights: Float32Array;
  /** Sums of squared gradients. */
  readonly #evidence: Float32Array;

  constructor(readonly size: number) {
    this.#weights = new Float32Array(size);
    this.#evidence = new Float32Array(size);
  }

  /** Log-odds. */
  score({ places, values, length }: SparseVector): number {
    const weights = this.#weights;
    let sum = 0;
    for (let i = 0; i < length; i++)
      sum += (weights[places[i] ?? 0] ?? 0) * (values[i] ?? 0);
    return sum;
  }

  /** One step down the gradient: `error` is what was predicted less what was (-1..1). */
  learn({ places, values, length }: SparseVector, error: number): void {
    const weights = this.#weights;
    const evidence = this.#evidence;
    for (let i = 0; i < length; i++) {
      const place = places[i] ?? 0;
      const slope = error * (values[i] ?? 0);
      const seen = (evidence[place] ?? 0) + slope * slope;
      evidence[place] = seen;
      weights[place] =
        (weights[place] ?? 0) -
        (RATE * slope) / Math.sqrt(EVIDENCE_BEFORE + seen);
    }
  }

  /** Takes in what `other` learned from other examples. */
  merge(other: LogisticHead): void {
    for (let place = 0; place < this.size; place++) {
      const own = this.#evidence[place] ?? 0;
      const theirs = other.#evidence[place] ?? 0;
      if (theirs === 0) continue;
      const all = own + theirs;
      this.#weights[place] =
        ((this.#weights[place] ?? 0) * own +
          (other.#weights[place] ?? 0) * theirs) /
        all;
      this.#evidence[place] = all;
    }
  }

  snapshot(): HeadSnapshot {
    return { moved: encodeFloats(this.#evidence, this.#weights) };
  }

  /** Throws INVALID_INPUT for what no head of this size wrote. */
  static restore({ moved }: HeadSnapshot, size: number): LogisticHead {
    const head = new LogisticHead(size);
    decodeFloats(moved, head.#evidence, head.#weights);
    return head;
  }
}
