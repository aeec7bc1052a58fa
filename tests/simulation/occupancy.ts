/**
 * For how long tasks keep workers busy, and so when a busy one is likely to be free: a rough
 * mean, in place of what a pool learns by kind.
 */

/** The newest counts for so much of the mean. */
const WEIGHT = 0.1;

export class Occupancy<W extends { readonly tasksDone: number }> {
  readonly #taken = new Map<
    W,
    { readonly at: number; readonly done: number }
  >();
  #mean: number | null = null;

  began(worker: W, now: number): void {
    this.#taken.set(worker, { at: now, done: worker.tasksDone });
  }

  ended(worker: W, now: number): void {
    const taken = this.#taken.get(worker);
    if (taken === undefined) return;
    this.#taken.delete(worker);
    const tasks = Math.max(1, worker.tasksDone - taken.done);
    const ms = (now - taken.at) / tasks;
    this.#mean =
      this.#mean === null ? ms : this.#mean + (ms - this.#mean) * WEIGHT;
  }

  /** It died: how long its task would have taken is not known. */
  forget(worker: W): void {
    this.#taken.delete(worker);
  }

  /** What a task takes, ms; at least what those that run have taken on average. Null: none ever ended. */
  taskMs(now: number): number | null {
    if (this.#mean === null) return null;
    if (this.#taken.size === 0) return this.#mean;
    let sum = 0;
    for (const { at } of this.#taken.values()) sum += now - at;
    return Math.max(this.#mean, sum / this.#taken.size);
  }

  /** Until a busy worker is free, ms: what is left of the mean, or as long again as it has taken. Null: not known. */
  freeInMs(worker: W, now: number): number | null {
    const taken = this.#taken.get(worker);
    if (this.#mean === null || taken === undefined) return null;
    const passed = now - taken.at;
    return passed < this.#mean ? this.#mean - passed : passed;
  }
}
