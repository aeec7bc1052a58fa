/**
 * Waits for tasks that end somewhere else: in another process, or by what happened to a task they
 * come after. They are looked at on disk, all together, and at once when there is reason to.
 */

import type { TaskId } from "./core/ids.ts";
import type { Env } from "./core/ports.ts";
import type { TaskQueue } from "./core/queue.ts";
import type { TaskRecord } from "./core/task.ts";

/** Between two looks without a reason, ms. */
const LOOK_MS = 250;

type Waiter = (task: TaskRecord) => void;

export class Elsewhere {
  readonly #env: Env;
  readonly #queue: TaskQueue;
  readonly #waiters = new Map<TaskId, Set<Waiter>>();
  #stopTimer: (() => void) | undefined;

  constructor(env: Env, queue: TaskQueue) {
    this.#env = env;
    this.#queue = queue;
  }

  /** Calls `ended` once the task has; the returned function gives up waiting. */
  watch(id: TaskId, ended: Waiter): () => void {
    const waiters = this.#waiters.get(id) ?? new Set();
    this.#waiters.set(id, waiters.add(ended));
    this.#plan();
    return () => {
      waiters.delete(ended);
      if (waiters.size === 0 && this.#waiters.get(id) === waiters)
        this.#waiters.delete(id);
    };
  }

  /** Looks now: tasks of others may have ended. */
  async look(): Promise<void> {
    if (this.#waiters.size === 0) return;
    for (const id of await this.#queue.ended([...this.#waiters.keys()])) {
      const task = await this.#queue.get(id);
      if (task !== null) this.ended(task);
    }
  }

  /** For whoever knows already that one has. */
  ended(task: TaskRecord): void {
    const waiters = this.#waiters.get(task.id);
    this.#waiters.delete(task.id);
    for (const waiter of waiters ?? []) waiter(task);
  }

  close(): void {
    this.#waiters.clear();
    this.#stopTimer?.();
  }

  #plan(): void {
    this.#stopTimer ??= this.#env.timer(LOOK_MS, () => {
      this.#stopTimer = undefined;
      // A store that cannot be read now is read again with the next look.
      void this.look()
        .catch(() => {})
        .then(() => {
          if (this.#waiters.size > 0) this.#plan();
        });
    });
  }
}
