/** How deep the queue was and how many workers were busy, looked at every 5 s while this process watches, an hour back. */

import type { Env } from "../core/ports.ts";
import { BUCKETS, STEP_MS } from "./outcome-window.ts";

export interface LoadSample {
  readonly depth: number;
  readonly busy: number;
}

interface LoadSamplesParts {
  readonly env: Pick<Env, "now" | "timer">;
  /** Throws where the store cannot be read: there is no sample then. */
  readonly look: () => LoadSample;
}

export class LoadSamples {
  readonly #parts: LoadSamplesParts;
  /** By the number of the step in which it was taken. */
  readonly #samples = new Map<number, LoadSample>();
  #stopTimer: (() => void) | undefined;

  constructor(parts: LoadSamplesParts) {
    this.#parts = parts;
  }

  /** Once is enough. */
  start(): void {
    if (this.#stopTimer === undefined) this.#tick();
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  /** Of the step that began at `at`; null: nobody looked then. */
  at(at: number): LoadSample | null {
    return this.#samples.get(Math.floor(at / STEP_MS)) ?? null;
  }

  #tick(): void {
    const { env, look } = this.#parts;
    const step = Math.floor(env.now() / STEP_MS);
    try {
      this.#samples.set(step, look());
    } catch {
      // The store is gone or busy: health says so.
    }
    for (const old of this.#samples.keys())
      if (old < step - BUCKETS) this.#samples.delete(old);
    this.#stopTimer = env.timer(STEP_MS, () => this.#tick());
  }
}
