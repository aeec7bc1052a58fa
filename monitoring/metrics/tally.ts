/** A counter with labels. Its series are as many as the combinations of label values it was given: who counts bounds those. */

import type { Counter, Family, Labels } from "./metric.ts";

interface Series {
  readonly labels: Labels;
  value: number;
}

export class Tally {
  readonly #metric: Counter;
  readonly #all: Series[] = [];
  /** By up to three label values: looked up for every task, so without a key to be put together. */
  readonly #series = new Map<string, Map<string, Map<string, Series>>>();

  constructor(metric: Counter) {
    this.#metric = metric;
    // Without labels there is one series, and it is there from the start: a rate needs the 0.
    if (metric.labels.length === 0) this.add(0);
  }

  /** A value for each label, in the metric's order. */
  add(n: number, first = "", second = "", third = ""): void {
    const known = this.#series.get(first)?.get(second)?.get(third);
    (known ?? this.#begin(first, second, third)).value += n;
  }

  family(): Family {
    const values = this.#all.map(({ labels, value }) => ({ labels, value }));
    return { metric: this.#metric, values };
  }

  #begin(...values: readonly [string, string, string]): Series {
    const [first, second, third] = values;
    const series = {
      labels: Object.fromEntries(
        this.#metric.labels.map((name, at) => [name, values[at] ?? ""]),
      ),
      value: 0,
    };
    const byFirst = this.#series.getOrInsertComputed(first, () => new Map());
    byFirst.getOrInsertComputed(second, () => new Map()).set(third, series);
    this.#all.push(series);
    return series;
  }
}
