/**
 * Jobs that wait for a worker: by priority, first come first served among equals. Adding and
 * removing (a cancelled job) cost the same however many wait.
 */
export class WaitList<Job extends { readonly priority: number }> {
  /** Priority -> jobs in order of arrival. */
  readonly #lanes = new Map<number, Set<Job>>();
  /** Priorities in use, highest first. */
  #order: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(job: Job): void {
    let lane = this.#lanes.get(job.priority);
    if (lane === undefined) {
      lane = new Set();
      this.#lanes.set(job.priority, lane);
      this.#order = [...this.#lanes.keys()].sort((a, b) => b - a);
    }
    lane.add(job);
    this.#size++;
  }

  /** False if it was not waiting. */
  delete(job: Job): boolean {
    const removed = this.#lanes.get(job.priority)?.delete(job) ?? false;
    if (removed) this.#size--;
    return removed;
  }

  /** In the order they are to be served. A job may be deleted while it is visited. */
  *[Symbol.iterator](): Generator<Job> {
    for (const priority of this.#order) yield* this.#lanes.get(priority) ?? [];
  }
}
