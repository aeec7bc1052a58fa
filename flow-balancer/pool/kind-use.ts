/**
 * Tells who learns from it when workers begin to work for a kind and when they are done: once for
 * each time a worker is busy, however many tasks it runs meanwhile.
 */

import type { Env } from "../core/ports.ts";
import type { WorkerSlot } from "./worker-slot.ts";

/** Times are of the clock that never goes back, ms. */
export interface KindObserver {
  /** A worker that was idle got a task of the kind. */
  began(kind: string, now: number): void;
  /** A worker has no task of the kind any more, or is gone. */
  ended(kind: string, now: number): void;
}

/** A worker that holds a session's memory is none of its kind's: it waits for that session alone. */
export class KindUse {
  readonly #observer: KindObserver | undefined;
  readonly #env: Env;
  readonly #kinds = new Map<WorkerSlot, string>();

  constructor(env: Env, observer: KindObserver | undefined) {
    this.#env = env;
    this.#observer = observer;
  }

  /** Before it has the task. */
  began(slot: WorkerSlot, kind: string): void {
    if (this.#observer === undefined || slot.holdsMemory) return;
    this.#kinds.set(slot, kind);
    this.#observer.began(kind, this.#env.mono());
  }

  /** It has no task, or is dead. */
  ended(slot: WorkerSlot): void {
    const kind = this.#kinds.get(slot);
    if (kind === undefined) return;
    this.#kinds.delete(slot);
    if (!slot.holdsMemory) this.#observer?.ended(kind, this.#env.mono());
  }
}
