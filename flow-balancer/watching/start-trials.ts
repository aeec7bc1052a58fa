/** Whether a worker can be started, where nothing else tells: starts one to see, at most once a minute, and remembers how it went. */

import type {
  RunningTrial,
  StartTrial,
} from "../../monitoring/health/health-facts.ts";
import type { Env } from "../core/ports.ts";

const GOOD_FOR_MS = 60_000;
/** A look waits no longer for how it ends. */
const PATIENCE_MS = 1_000;

export class StartTrials {
  readonly #env: Env;
  readonly #start: () => Promise<StartTrial>;
  #last: { readonly at: number; readonly trial: Promise<StartTrial> } | null =
    null;
  #readyAt = Number.NEGATIVE_INFINITY;

  constructor(env: Env, start: () => Promise<StartTrial>) {
    this.#env = env;
    this.#start = start;
  }

  /** A worker is ready, or is on its way: that tells enough for a while. */
  isSeen(): void {
    this.#readyAt = this.#env.mono();
  }

  /** Null: one was ready not long ago. */
  async result(): Promise<StartTrial | RunningTrial | null> {
    const now = this.#env.mono();
    if (now - this.#readyAt < GOOD_FOR_MS) return null;
    if (this.#last === null || now - this.#last.at >= GOOD_FOR_MS)
      this.#last = { at: now, trial: this.#start() };
    const { at, trial } = this.#last;
    let cancel = (): void => {};
    const running = new Promise<RunningTrial>((resolve) => {
      cancel = this.#env.timer(PATIENCE_MS, () =>
        resolve({ type: "running", ms: this.#env.mono() - at }),
      );
    });
    try {
      return await Promise.race([trial, running]);
    } finally {
      cancel();
    }
  }
}
