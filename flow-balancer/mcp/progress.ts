/**
 * Progress of one call. Sends the first report at once, then at most one every 100 ms, and the last before the
 * result; never one that does not grow, never one after `finish`.
 */

import type { Env } from "../core/ports.ts";
import type { MonoMs } from "../core/time.ts";

/** Ten a second is as much as a person can read; more only costs the client. */
export const MIN_INTERVAL_MS = 100;

interface Report {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

export class Progress {
  readonly #env: Env;
  readonly #send: (report: Report) => void;
  #highest = -Infinity;
  #sentAt: MonoMs | null = null;
  #pending: Report | null = null;
  #stopTimer: (() => void) | null = null;
  #finished = false;

  constructor(env: Env, send: (report: Report) => void) {
    this.#env = env;
    this.#send = send;
  }

  /** Ignored when `done` has not grown, is not a number, or the call is over. */
  report(done: number, total?: number, message?: string): void {
    if (this.#finished || !(done > this.#highest)) return;
    this.#highest = done;
    this.#pending = {
      progress: done,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    };
    const now = this.#env.mono();
    const wait =
      this.#sentAt === null ? 0 : MIN_INTERVAL_MS - (now - this.#sentAt);
    if (wait <= 0) this.#flush();
    else this.#stopTimer ??= this.#env.timer(wait, () => this.#flush());
  }

  /** Sends what is still held back, then nothing ever again. */
  finish(): void {
    if (this.#finished) return;
    this.#flush();
    this.#finished = true;
  }

  #flush(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    if (this.#pending === null || this.#finished) return;
    const report = this.#pending;
    this.#pending = null;
    this.#sentAt = this.#env.mono();
    this.#send(report);
  }
}
