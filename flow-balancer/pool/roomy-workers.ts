/** Busy workers that have room beside what they run, by kind. */

import type { Job, JobHolder } from "./job.ts";
import type { PoolKind } from "./pool-task.ts";

export class RoomyWorkers {
  /** A set stays once it is made: room comes and goes with every task. */
  readonly #byKind = new Map<string, Set<JobHolder>>();
  #size = 0;

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** The first that has room for the job; null if none has. */
  find(job: Job): JobHolder | null {
    const slots = this.#byKind.get(job.task.kind.name);
    if (slots === undefined || slots.size === 0) return null;
    for (const slot of slots) if (slot.hasRoomBeside(job)) return slot;
    return null;
  }

  /** The worker got a task of the kind, or lost one. */
  note(slot: JobHolder, { name, inFlight }: PoolKind): void {
    let slots = this.#byKind.get(name);
    if (slots === undefined) {
      slots = new Set();
      this.#byKind.set(name, slots);
    }
    this.#size -= slots.size;
    if (slot.state === "busy" && slot.inFlight < inFlight) slots.add(slot);
    else slots.delete(slot);
    this.#size += slots.size;
  }
}
