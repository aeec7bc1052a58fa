/** Busy workers that have room beside what they run, by kind. */

import type { Job } from "./job.ts";
import type { PoolKind } from "./pool-task.ts";
import type { WorkerSlot } from "./worker-slot.ts";

export class RoomyWorkers {
  readonly #byKind = new Map<string, Set<WorkerSlot>>();

  get isEmpty(): boolean {
    return this.#byKind.size === 0;
  }

  /** The first that has room for the job; null if none has. */
  find(job: Job): WorkerSlot | null {
    for (const slot of this.#byKind.get(job.task.kind.name) ?? [])
      if (slot.hasRoomBeside(job)) return slot;
    return null;
  }

  /** The worker got a task of the kind, or lost one. */
  note(slot: WorkerSlot, { name, inFlight }: PoolKind): void {
    const slots = this.#byKind.get(name);
    if (slot.state !== "busy" || slot.inFlight >= inFlight) {
      if (slots?.delete(slot) === true && slots.size === 0)
        this.#byKind.delete(name);
    } else if (slots === undefined) this.#byKind.set(name, new Set([slot]));
    else slots.add(slot);
  }
}
