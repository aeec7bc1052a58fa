/**
 * Names as label values, so few that whoever submits tasks under ever new names cannot make a monitoring
 * system keep a time series for each: those known from the start, the first so many others, and one for the rest.
 */

const REST = "other";

export class BoundedNames {
  readonly #names: Set<string>;
  #left: number;

  /** `others`: how many are let in beside the `known`. */
  constructor(known: readonly string[], others: number) {
    this.#names = new Set(known);
    this.#left = others;
  }

  /** The name itself, or the one for the rest. */
  of(name: string): string {
    if (this.#names.has(name)) return name;
    if (this.#left === 0) return REST;
    this.#left--;
    this.#names.add(name);
    return name;
  }
}
