/**
 * Sessions whose tasks wait for their own worker, as long as leaving it costs more than the wait
 * has: then they choose anew (a worker may be busy with what waits for the very task behind it).
 */

import type { Env } from "../core/ports.ts";
import { DueTimer } from "./due-timer.ts";

export interface ParkedSessionsOptions {
  readonly env: Env;
  readonly queue: {
    setSessionParked(session: string, parked: boolean): void;
  };
  /** Some were let go. */
  readonly chooseAnew: () => void;
}

/** A wait so short that the clock does not move would choose the same again, and again. */
const LEAST_MS = 1;

export class ParkedSessions {
  readonly #options: ParkedSessionsOptions;
  readonly #parked = new Set<string>();
  readonly #due: DueTimer;

  constructor(options: ParkedSessionsOptions) {
    this.#options = options;
    this.#due = new DueTimer(options.env, () => {
      if (this.letAllGo()) options.chooseAnew();
      return Number.POSITIVE_INFINITY;
    });
  }

  /** For at most so long, ms; Infinity: until something changes. */
  park(session: string, forMs: number): void {
    const { env, queue } = this.#options;
    this.#parked.add(session);
    queue.setSessionParked(session, true);
    if (Number.isFinite(forMs))
      this.#due.need(env.mono() + Math.max(LEAST_MS, forMs));
  }

  letGo(session: string): void {
    if (this.#parked.delete(session))
      this.#options.queue.setSessionParked(session, false);
  }

  /** False if there was none. */
  letAllGo(): boolean {
    if (this.#parked.size === 0) return false;
    for (const session of [...this.#parked]) this.letGo(session);
    return true;
  }

  stop(): void {
    this.#due.stop();
  }
}
