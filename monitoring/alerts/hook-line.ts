/**
 * Tells one hook of alerts, one after the other in their order, beside everything else. A hook that fails
 * is told of once, and again only once it has worked or fails otherwise; what it missed is not repeated.
 */

import type { AlertHook, AlertNotice } from "./alert-notice.ts";

/** There are ten rules: more wait only where a hook hangs, and then the oldest is no news any more. */
const MAX_WAITING = 32;

export class HookLine {
  readonly #hook: AlertHook;
  readonly #onFailed: (reason: string) => void;
  readonly #ending = new AbortController();
  readonly #waiting: AlertNotice[] = [];
  #running: Promise<void> | null = null;
  #failedWith: string | null = null;

  constructor(hook: AlertHook, onFailed: (reason: string) => void) {
    this.#hook = hook;
    this.#onFailed = onFailed;
  }

  tell(notice: AlertNotice): void {
    if (this.#ending.signal.aborted) return;
    if (this.#waiting.push(notice) > MAX_WAITING) this.#waiting.shift();
    this.#running ??= this.#run();
  }

  /** What runs is broken off, what waits is dropped. */
  async stop(): Promise<void> {
    this.#waiting.length = 0;
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      const notice = this.#waiting.shift();
      if (notice === undefined) {
        this.#running = null;
        return;
      }
      try {
        await this.#hook(notice, this.#ending.signal);
        this.#failedWith = null;
      } catch (thrown) {
        if (this.#ending.signal.aborted) return;
        const reason =
          thrown instanceof Error ? thrown.message : String(thrown);
        if (reason !== this.#failedWith) this.#onFailed(reason);
        this.#failedWith = reason;
      }
    }
  }
}
