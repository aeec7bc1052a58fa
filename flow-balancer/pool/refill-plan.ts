/**
 * When to see whether workers are missing: never in the turn that asks, and, as long as nobody
 * waits for one, not with every task that comes and goes. A look costs a turn of the event loop.
 */

import type { Env } from "../core/ports.ts";
import { DueTimer } from "./due-timer.ts";

/** Nobody waits: a spare that is ready so much later is missed by nobody, ms. Starting it takes twenty times as long. */
const CALM_MS = 2;

export interface RefillPlanOptions {
  readonly env: Env;
  /** After the present turn of the event loop. */
  readonly later: (fn: () => void) => void;
  readonly look: () => void;
}

export class RefillPlan {
  readonly #options: RefillPlanOptions;
  readonly #due: DueTimer;
  #isSoon = false;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: RefillPlanOptions) {
    this.#options = options;
    this.#due = new DueTimer(options.env, () => {
      this.#look();
      return Number.POSITIVE_INFINITY;
    });
  }

  /** After the present turn, if it is urgent or was not done a moment ago. */
  soon(isUrgent: boolean): void {
    if (this.#isSoon) return;
    const { env, later } = this.#options;
    if (!isUrgent && env.mono() - this.#lookedAt < CALM_MS) {
      this.within(CALM_MS);
      return;
    }
    this.#isSoon = true;
    later(() => {
      this.#isSoon = false;
      this.#look();
    });
  }

  /** In so many ms, or before. */
  within(ms: number): void {
    this.#due.need(this.#options.env.mono() + ms);
  }

  #look(): void {
    this.#lookedAt = this.#options.env.mono();
    this.#options.look();
  }
}
