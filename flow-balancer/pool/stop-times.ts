/**
 * How long tasks of a kind take to stop once they are told: so long they are left in peace before
 * their processes are asked to go. Learned from those that did stop, within the limit a person set.
 */

import { DecayedLog } from "./decayed-log.ts";

/** Fewer say too little. */
const ENOUGH = 5;
/** Nine of ten stop sooner than the 90th percentile; twice that, and only a task that hangs is cut off. */
const MARGIN = 2;
const LEAST_MS = 50;
const MAX_KINDS = 1_000;

export class StopTimes {
  readonly #kinds = new Map<string, DecayedLog>();

  /** Null: nobody knows; the whole limit. */
  graceMs(kind: string): number | null {
    const known = this.#kinds.get(kind);
    return known === undefined || known.n < ENOUGH
      ? null
      : Math.max(LEAST_MS, MARGIN * known.highMs);
  }

  /** `stopped`: by itself. What had to be ended says nothing of how long it would have taken. */
  observe(kind: string, ms: number, stopped: boolean): void {
    if (!stopped) return;
    let known = this.#kinds.get(kind);
    if (known === undefined) {
      if (this.#kinds.size >= MAX_KINDS) this.#kinds.clear();
      known = new DecayedLog();
      this.#kinds.set(kind, known);
    }
    known.observe(ms);
  }
}
