/** The tasks that this process holds, by id: one lease each, the newest. */

import type { TaskId } from "./core/ids.ts";
import type { Lease } from "./core/queue.ts";
import type { LiveTask } from "./live-task.ts";

export class HeldTasks {
  readonly #tasks = new Map<TaskId, LiveTask>();
  #adopted = 0;

  get size(): number {
    return this.#tasks.size;
  }

  /** Those found in the store, rather than submitted here. */
  get adopted(): number {
    return this.#adopted;
  }

  get(id: TaskId): LiveTask | undefined {
    return this.#tasks.get(id);
  }

  add(live: LiveTask): void {
    const { id } = live.record;
    // Lost while this process slept, and now its own again: what still runs of it runs for nobody.
    const before = this.#tasks.get(id);
    if (before !== undefined) {
      before.lose();
      this.remove(before);
    }
    this.#tasks.set(id, live);
    if (live.isAdopted) this.#adopted++;
  }

  /** Unless it is held anew, under another lease. */
  remove(live: LiveTask): void {
    const { id } = live.record;
    if (this.#tasks.get(id) !== live) return;
    this.#tasks.delete(id);
    if (live.isAdopted) this.#adopted--;
  }

  leases(): Lease[] {
    return [...this.#tasks.values()].map(({ lease }) => lease);
  }

  /** Stops work under leases that are lost. */
  lose(leases: readonly Lease[]): void {
    for (const { id, fence } of leases) {
      const live = this.#tasks.get(id);
      if (live?.lease.fence === fence) live.lose();
    }
  }

  /** Resolves once all there are now have ended. */
  async ended(): Promise<void> {
    const all = [...this.#tasks.values()];
    await Promise.allSettled(all.map(({ done }) => done));
  }
}
