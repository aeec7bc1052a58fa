/** Tasks that were submitted here and that nobody here holds: they wait for their claim, or another process has them. */

import type { TaskId } from "./core/ids.ts";
import type { TaskRecord } from "./core/task.ts";
import type { Elsewhere } from "./elsewhere.ts";
import type { LiveTask } from "./live-task.ts";

export class ExpectedTasks {
  readonly #tasks = new Map<TaskId, LiveTask>();
  readonly #elsewhere: Elsewhere;
  readonly #ended: (live: LiveTask, task: TaskRecord) => void;

  /** Calls `ended` for one that ended without having been taken. */
  constructor(
    elsewhere: Elsewhere,
    ended: (live: LiveTask, task: TaskRecord) => void,
  ) {
    this.#elsewhere = elsewhere;
    this.#ended = ended;
  }

  get size(): number {
    return this.#tasks.size;
  }

  get(id: TaskId): LiveTask | undefined {
    return this.#tasks.get(id);
  }

  add(live: LiveTask): void {
    const { id } = live.record;
    const before = this.#tasks.get(id);
    if (before !== undefined && before !== live)
      live.done.then(before.resolve, (thrown) => before.reject(thrown));
    this.#tasks.set(id, live);
    this.#elsewhere.watch(id, (task) => {
      // Claimed here in the meantime: then its end is told where it is settled.
      if (this.#tasks.get(id) !== live) return;
      this.#tasks.delete(id);
      this.#ended(live, task);
    });
  }

  /** It is claimed here. */
  take(id: TaskId): LiveTask | undefined {
    const live = this.#tasks.get(id);
    this.#tasks.delete(id);
    return live;
  }

  /** They stay in the store, for others. */
  close(): void {
    for (const live of this.#tasks.values()) live.resolve(live.record);
  }
}
