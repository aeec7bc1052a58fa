/**
 * Time that moves from one timer to the next, and only when told to: between two timers a
 * simulation can let everything else happen that would happen by then.
 */

import type { Env } from "../../flow-balancer/core/ports.ts";
import type { BootMs, EpochMs, MonoMs } from "../../flow-balancer/core/time.ts";
import { HeapEntry, MinHeap } from "../../flow-balancer/pool/min-heap.ts";

const EPOCH = 1_700_000_000_000;

/** Looked at so often without having moved: something goes round in a circle. */
const MAX_LOOKS = 100_000;

export class SteppedClock implements Env {
  #mono = 0;
  #looks = 0;
  #serial = 0;
  readonly #timers = new MinHeap<() => void>();

  now = (): EpochMs => (EPOCH + this.#mono) as EpochMs;
  mono = (): MonoMs => {
    if (++this.#looks > MAX_LOOKS)
      throw new Error(`goes round in a circle at ${this.#mono} ms`);
    return this.#mono as MonoMs;
  };
  readonly bootId = "simulated";
  boot = (): BootMs => (EPOCH / 2 + this.#mono) as BootMs;
  unique = (): string => String(++this.#serial).padStart(12, "0");

  timer = (ms: number, fn: () => void): (() => void) => {
    const entry = new HeapEntry(fn);
    this.#timers.put(entry, this.#mono + Math.max(0, ms), ++this.#serial);
    return () => this.#timers.remove(entry);
  };

  /** Something came from outside: looking again is no circle. */
  disturbed(): void {
    this.#looks = 0;
  }

  /** When the next timer is due; Infinity: there is none. */
  get nextAt(): number {
    return this.#timers.peek()?.key ?? Number.POSITIVE_INFINITY;
  }

  /** To the next timer, which fires, or to `end` if that is earlier. False at the end. */
  step(end: number): boolean {
    const next = this.#timers.peek();
    if (next === undefined || next.key > end) {
      this.#mono = Math.max(this.#mono, end);
      return false;
    }
    this.#timers.remove(next);
    if (next.key > this.#mono) this.#looks = 0;
    this.#mono = Math.max(this.#mono, next.key);
    next.item();
    return true;
  }
}
