/** Time and chance as Bun has them: the one place where the mechanism touches either. */

import type { Env } from "./core/ports.ts";
import type { EpochMs, MonoMs } from "./core/time.ts";

/** Timers wrap above this and fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

export const bunEnv: Env = {
  now: () => Date.now() as EpochMs,
  mono: () => performance.now() as MonoMs,
  timer(ms, fn) {
    const timer = setTimeout(fn, Math.min(ms, MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
  unique: () => Bun.randomUUIDv7("hex").replaceAll("-", ""),
};
