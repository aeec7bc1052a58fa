/** Time that stands still until a test moves it. Timers fire in the order they are due. */

import type { Env } from "../../flow-balancer/core/ports.ts";
import type { BootMs, EpochMs, MonoMs } from "../../flow-balancer/core/time.ts";

export class FakeEnv implements Env {
  #now = 1_700_000_000_000;
  #mono = 0;
  #serial = 0;
  /** Replaced to restart the machine. */
  bootId = "boot";
  readonly #timers = new Map<number, { at: number; fn: () => void }>();

  now = (): EpochMs => this.#now as EpochMs;
  mono = (): MonoMs => this.#mono as MonoMs;
  /** Another zero than `mono`, so that mixing them shows. */
  boot = (): BootMs => (this.#mono + 1_000_000) as BootMs;
  unique = (): string => String(++this.#serial).padStart(12, "0");

  timer = (ms: number, fn: () => void): (() => void) => {
    const id = ++this.#serial;
    this.#timers.set(id, { at: this.#mono + ms, fn });
    return () => void this.#timers.delete(id);
  };

  /** Timers that have not fired. */
  get waiting(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    const end = this.#mono + ms;
    for (;;) {
      const due = [...this.#timers]
        .filter(([, { at }]) => at <= end)
        .sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [id, { at, fn }] = due;
      this.#timers.delete(id);
      this.#move(at - this.#mono);
      fn();
    }
    this.#move(end - this.#mono);
  }

  #move(ms: number): void {
    this.#mono += ms;
    this.#now += ms;
  }
}
