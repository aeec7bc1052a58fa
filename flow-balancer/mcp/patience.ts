/** How long a call may wait: until the caller said, but never so long that its client gives up first. */

import type { Engine } from "../core/engine.ts";
import type { Env } from "../core/ports.ts";
import type { CallContext } from "./catalog.ts";

export interface Patience {
  readonly call: CallContext;
  readonly engine: Engine;
  readonly env: Env;
  /** The caller's own limit, ms. */
  readonly waitMs: number | undefined;
}

/** The promise's value, or null once the wait is over or the client cancelled the call. The promise itself goes on. */
export async function whilePatient<T>(
  promise: Promise<T>,
  { call, engine, env, waitMs }: Patience,
): Promise<T | null> {
  const limitMs = engine.patienceMs(call.client?.name ?? null);
  let stop = (): void => {};
  const over = new Promise<null>((resolve) => {
    const end = (): void => resolve(null);
    const stopTimer = env.timer(Math.min(waitMs ?? limitMs, limitMs), end);
    if (call.signal.aborted) end();
    else call.signal.addEventListener("abort", end, { once: true });
    stop = () => {
      stopTimer();
      call.signal.removeEventListener("abort", end);
    };
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    stop();
  }
}
