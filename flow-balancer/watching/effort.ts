/** How long a call may look for something, of its own time: what others do in their turns between does not count. */

import type { Env } from "../core/ports.ts";

export class Effort {
  readonly #env: Pick<Env, "mono">;
  readonly #maxMs: number;
  #ms = 0;

  constructor(env: Pick<Env, "mono">, maxMs: number) {
    this.#env = env;
    this.#maxMs = maxMs;
  }

  get isSpent(): boolean {
    return this.#ms >= this.#maxMs;
  }

  spend<T>(look: () => T): T {
    const from = this.#env.mono();
    const seen = look();
    this.#ms += this.#env.mono() - from;
    return seen;
  }
}
