/**
 * Tasks that the store says this process holds, and that it knows nothing of: the answer to a claim
 * that was lost on its way, or a defect. Nobody else would run them as long as this process lives. A
 * task seen so twice, an interval apart and under the same fence, goes back; one that is only on its
 * way from the store into memory is there by the second look.
 */

import type { HolderId, TaskId } from "./core/ids.ts";
import type { Lease, TaskQueue } from "./core/queue.ts";

export class OrphanedLeases {
  readonly #queue: Pick<TaskQueue, "held" | "release">;
  readonly #holder: HolderId;
  /** By task, the fence under which it was seen at the last look. */
  #suspects: ReadonlyMap<TaskId, number> = new Map();

  constructor(queue: Pick<TaskQueue, "held" | "release">, holder: HolderId) {
    this.#queue = queue;
    this.#holder = holder;
  }

  /** How many were given back. `live`: what this process works on. */
  async look(live: () => readonly Lease[]): Promise<number> {
    const held = await this.#queue.held(this.#holder);
    const known = new Set(live().map(({ id }) => id));
    const unknown = held.filter(({ id }) => !known.has(id));
    const before = this.#suspects;
    this.#suspects = new Map(unknown.map(({ id, fence }) => [id, fence]));
    let released = 0;
    for (const lease of unknown)
      if (
        before.get(lease.id) === lease.fence &&
        (await this.#queue.release(lease))
      )
        released++;
    return released;
  }
}
