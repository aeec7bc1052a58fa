/**
 * How late turns of the event loop come: measured only while somebody wants to know, over the last 10 to 20
 * seconds. By a timer of its own: the runtime's `monitorEventLoopDelay` is one for the whole process, and
 * whoever resets it resets it for all.
 */

import { createHistogram } from "node:perf_hooks";
import type { Env } from "../../flow-balancer/core/ports.ts";
import type { HealthFacts } from "./health-facts.ts";

/** Between two looks at the loop. */
const EVERY_MS = 50;
const WINDOW_MS = 10_000;
/** Fewer say nothing of one in a hundred. */
const ENOUGH = 20;
/** Nobody asked for so long: no more looks. */
const UNASKED_MS = 60_000;

type Delay = HealthFacts["event_loop"]["delay"];

export class LoopDelay {
  readonly #env: Env;
  #now = createHistogram();
  #before: Delay = null;
  #since = 0;
  #askedAt = 0;
  #stopTimer: (() => void) | undefined;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Begins to measure with the first call; null until there is something. */
  read(): Delay {
    this.#askedAt = this.#env.mono();
    if (this.#stopTimer === undefined) {
      this.#since = this.#askedAt;
      this.#plan();
    }
    const now = this.#present();
    const before = this.#before;
    if (now === null || before === null) return now ?? before;
    return {
      p50Ms: Math.max(now.p50Ms, before.p50Ms),
      p99Ms: Math.max(now.p99Ms, before.p99Ms),
      maxMs: Math.max(now.maxMs, before.maxMs),
    };
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#now.reset();
    this.#before = null;
  }

  #plan(): void {
    const due = this.#env.mono() + EVERY_MS;
    this.#stopTimer = this.#env.timer(EVERY_MS, () => {
      const at = this.#env.mono();
      // Whole microseconds, from 1.
      this.#now.record(Math.max(1, Math.round((at - due) * 1_000)));
      if (at - this.#askedAt > UNASKED_MS) {
        this.stop();
        return;
      }
      if (at - this.#since >= WINDOW_MS) {
        this.#before = this.#present();
        this.#now.reset();
        this.#since = at;
      }
      this.#plan();
    });
  }

  #present(): Delay {
    if (this.#now.count < ENOUGH) return null;
    return {
      p50Ms: this.#now.percentile(50) / 1_000,
      p99Ms: this.#now.percentile(99) / 1_000,
      maxMs: this.#now.max / 1_000,
    };
  }
}
