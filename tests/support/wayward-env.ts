/** A clock that stands still until a test moves it, whose wall clock can be set to anything, and whose machine can be restarted. */

import type { BootMs, EpochMs } from "../../flow-balancer/core/time.ts";
import { FakeEnv } from "./fake-env.ts";

export class WaywardEnv extends FakeEnv {
  /** How far the wall clock is off, ms. */
  skewMs = 0;
  #bootZero = 0;

  constructor() {
    super();
    const { now, boot } = this;
    this.now = () => (now() + this.skewMs) as EpochMs;
    this.boot = () => (boot() - this.#bootZero) as BootMs;
  }

  /** The boot clock begins again, under another name; the wall clock goes on. */
  restartMachine(): void {
    this.#bootZero += this.boot();
    this.bootId = `${this.bootId}+`;
  }
}
