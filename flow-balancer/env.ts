/** Time and chance as Bun has them: the one place where the mechanism touches either. */

import { readFileSync } from "node:fs";
import type { Env } from "./core/ports.ts";
import type { BootMs, EpochMs, MonoMs } from "./core/time.ts";

/** Timers wrap above this and fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

export const bunEnv: Env = {
  now: () => Date.now() as EpochMs,
  mono: () => performance.now() as MonoMs,
  boot: () => bootMs(),
  get bootId() {
    return (bootId ??= readBootId());
  },
  timer(ms, fn) {
    const timer = setTimeout(fn, Math.min(ms, MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
  unique: () => Bun.randomUUIDv7("hex").replaceAll("-", ""),
};

let bootId: string | undefined;

/** The kernel's own name for this run of the machine; elsewhere there is none, and the wall clock stands in for both. */
function readBootId(): string {
  return readOrNull("/proc/sys/kernel/random/boot_id")?.trim() ?? "unknown";
}

/** /proc/uptime counts in hundredths of a second, suspended time included. */
function bootMs(): BootMs {
  const uptime = readOrNull("/proc/uptime");
  return (
    uptime === null
      ? Date.now()
      : Math.round(Number(uptime.slice(0, uptime.indexOf(" "))) * 1_000)
  ) as BootMs;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}
