/** Kinds of which only so many tasks may run at once: who runs, and who therefore cannot. */

import type { PoolKind } from "./pool-task.ts";

/** What of the wait queue is needed here. */
export interface Blocking {
  kindSize(kind: string): number;
  setKindBlocked(kind: string, blocked: boolean): void;
}

export class KindLimits {
  readonly #queue: Blocking;
  /** Of kinds with a limit that run or wait now. */
  readonly #running = new Map<string, { limit: number; running: number }>();

  constructor(queue: Blocking) {
    this.#queue = queue;
  }

  /** Waiting tasks that could not run however many workers there were. O(kinds with a limit in use). */
  get surplus(): number {
    let surplus = 0;
    for (const [kind, { limit, running }] of this.#running)
      surplus += Math.max(0, this.#queue.kindSize(kind) - (limit - running));
    return surplus;
  }

  mayRun({ name, concurrency }: PoolKind): boolean {
    return (
      concurrency === null ||
      (this.#running.get(name)?.running ?? 0) < concurrency
    );
  }

  began(kind: PoolKind): void {
    this.#change(kind, 1);
  }

  ended(kind: PoolKind): void {
    this.#change(kind, -1);
  }

  /** One joined or left those who wait. */
  waits(kind: PoolKind): void {
    this.#change(kind, 0);
  }

  #change({ name, concurrency }: PoolKind, by: number): void {
    if (concurrency === null) return;
    const running = (this.#running.get(name)?.running ?? 0) + by;
    if (running === 0 && this.#queue.kindSize(name) === 0)
      this.#running.delete(name);
    else this.#running.set(name, { limit: concurrency, running });
    this.#queue.setKindBlocked(name, running >= concurrency);
  }
}
