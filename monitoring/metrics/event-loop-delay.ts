/**
 * How late the event loop of this process is. It costs a timer of its own, so it is measured only while
 * somebody asks: from the first reading until nobody has asked for some minutes.
 */

import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Env } from "../../flow-balancer/core/ports.ts";

const EVERY_MS = 20;
/** A reading this long after the last reset is the last of its window. */
const WINDOW_MS = 10_000;
const FORGOTTEN_AFTER_MS = 300_000;
const MS_PER_NS = 1e-6;

/** ms. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export class EventLoopDelay {
  readonly #env: Env;
  #histogram: ReturnType<typeof monitorEventLoopDelay> | null = null;
  #resetAt = 0;
  #forget: (() => void) | undefined;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Null: nothing was measured yet. */
  read(): LoopDelay | null {
    this.#forget?.();
    this.#forget = this.#env.timer(FORGOTTEN_AFTER_MS, () => this.stop());
    if (this.#histogram === null) {
      this.#histogram = monitorEventLoopDelay({ resolution: EVERY_MS });
      this.#histogram.enable();
      this.#resetAt = this.#env.mono();
      return null;
    }
    const { max } = this.#histogram;
    // Of an empty one it is 0, and its percentiles mean nothing.
    if (max === 0) return null;
    const delay = {
      p50: this.#histogram.percentile(50) * MS_PER_NS,
      p99: this.#histogram.percentile(99) * MS_PER_NS,
      max: max * MS_PER_NS,
    };
    if (this.#env.mono() - this.#resetAt >= WINDOW_MS) {
      this.#histogram.reset();
      this.#resetAt = this.#env.mono();
    }
    return delay;
  }

  stop(): void {
    this.#forget?.();
    this.#forget = undefined;
    this.#histogram?.disable();
    this.#histogram = null;
  }
}
