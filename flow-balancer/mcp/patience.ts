/** How long a call may wait: until the caller said, but never so long that its client gives up first. */

import type { Engine } from "../core/engine.ts";
import type { Env } from "../core/ports.ts";
import type { CallContext } from "./catalog.ts";

/** A signal that fires when the wait is over or the client cancelled the call. `done` must be called. */
export function patience(
  call: CallContext,
  engine: Engine,
  env: Env,
  waitMs: number | undefined,
): { readonly signal: AbortSignal; done(): void } {
  const limitMs = engine.patienceMs(call.client?.name ?? null);
  const over = new AbortController();
  const stopTimer = env.timer(Math.min(waitMs ?? limitMs, limitMs), () =>
    over.abort(),
  );
  const onAbort = (): void => over.abort();
  call.signal.addEventListener("abort", onAbort, { once: true });
  if (call.signal.aborted) over.abort();
  return {
    signal: over.signal,
    done() {
      stopTimer();
      call.signal.removeEventListener("abort", onAbort);
    },
  };
}
