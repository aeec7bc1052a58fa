/** A look at something in a while, planned once however often it is asked for, and again as long as it says so. */

import type { Env } from "../core/ports.ts";

export class PlannedLook {
  readonly #env: Env;
  readonly #afterMs: () => number;
  readonly #look: () => boolean;
  #isPlanned = false;

  /** `look` answers whether there is to be another one. */
  constructor(env: Env, afterMs: () => number, look: () => boolean) {
    this.#env = env;
    this.#afterMs = afterMs;
    this.#look = look;
  }

  plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#env.timer(this.#afterMs(), () => {
      this.#isPlanned = false;
      if (this.#look()) this.plan();
    });
  }
}
