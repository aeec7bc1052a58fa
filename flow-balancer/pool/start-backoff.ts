/** How long no worker is started after starts that failed, one after another. */

import type { Env } from "../core/ports.ts";

/** First pause, ms; doubles with each failure, to 64 times as much. */
const FIRST_MS = 100;
const MOST_DOUBLINGS = 6;

export class StartBackoff {
  /** Starts that failed since one succeeded. */
  failed = 0;
  /** None is started now. */
  isOn = false;
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  pause(then: () => void): void {
    this.isOn = true;
    const doublings = Math.min(MOST_DOUBLINGS, this.failed - 1);
    this.#env.timer(FIRST_MS * 2 ** doublings, () => {
      this.isOn = false;
      then();
    });
  }
}
