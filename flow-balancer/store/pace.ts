/** Work that nobody waits for, in small pieces: rests four times as long as it worked, so that it takes a fifth of a processor at most. */

import type { Env } from "../core/ports.ts";

const MIN_REST_MS = 20;
const REST_SHARE = 4;

export class Pace {
  readonly #env: Env;
  readonly #rests: boolean;
  #wake: (() => void) | undefined;
  #isStopped = false;

  constructor(env: Env, { rests }: { readonly rests: boolean }) {
    this.#env = env;
    this.#rests = rests;
  }

  /** No further piece is to be begun. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  /** Does a piece, then rests. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    const began = this.#env.mono();
    const done = await work();
    if (this.#rests && !this.#isStopped)
      await this.#rest(REST_SHARE * (this.#env.mono() - began));
    return done;
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#env.timer(Math.max(MIN_REST_MS, ms), resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
