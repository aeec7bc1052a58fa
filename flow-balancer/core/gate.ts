/**
 * Lets at most `limit` through at a time, in order of arrival, until it is shut: from then on
 * nobody new gets in, and who is in stays in.
 */
export class Gate {
  readonly #limit: number;
  readonly #queue: ((entered: boolean) => void)[] = [];
  #inside = 0;
  #shut = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True once inside: `leave` is owed then. False if the gate was shut before. */
  enter(): Promise<boolean> {
    if (this.#shut) return Promise.resolve(false);
    if (this.#inside < this.#limit) {
      this.#inside++;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  leave(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#inside--;
    else next(true);
  }

  shut(): void {
    this.#shut = true;
    for (const resolve of this.#queue.splice(0)) resolve(false);
  }
}
