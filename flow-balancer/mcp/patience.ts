/** How long a call may wait: until the caller said, else until its client is about to give up. */

import { SdkError, SdkErrorCode } from "@modelcontextprotocol/server";
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

/**
 * The promise's value, or null once the wait is over or the client cancelled the call. The promise itself
 * goes on. How long the client waited, and whether it gave up, is told to the engine.
 */
export async function whilePatient<T>(
  promise: Promise<T>,
  { call, engine, env, waitMs }: Patience,
): Promise<T | null> {
  const { patience } = engine;
  const client = call.client?.name ?? null;
  // The client's clock runs since it sent the call: the engine may have started since.
  const waited = (): number => env.mono() - call.receivedAt;
  const limitMs =
    waitMs === undefined
      ? patience.limitMs(client) - waited()
      : Math.min(waitMs, patience.knownMs(client) - waited());
  let stop = (): void => {};
  const over = new Promise<null>((resolve) => {
    const end = (): void => resolve(null);
    const stopTimer = env.timer(Math.max(0, limitMs), end);
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
    patience.waited(client, waited(), isGivenUp(call));
  }
}

/**
 * Cancelled, or its own stream was dropped. Who ended a connection of many calls, which may be this server,
 * did not say that this one took too long.
 */
function isGivenUp({ signal, connection }: CallContext): boolean {
  const { aborted, reason } = signal;
  const isClosed =
    reason instanceof SdkError && reason.code === SdkErrorCode.ConnectionClosed;
  return aborted && (connection === null || !isClosed);
}
