/** Sends an alert as JSON to an address a person named. A redirect is not followed: it would take the alert to somebody else. */

import type { Env } from "../../flow-balancer/core/ports.ts";
import type { AlertHook, AlertNotice } from "./alert-notice.ts";

export interface WebhookOptions {
  /** Of http or https. Its path may be a secret, and is never told. */
  readonly url: string;
  readonly env: Pick<Env, "timer">;
  /** Of each of the two tries; default: 5 s. */
  readonly boundMs?: number;
  /** Between them; default: 1 s. */
  readonly pauseMs?: number;
}

const BOUND_MS = 5_000;
const PAUSE_MS = 1_000;

export function webhook({
  url,
  env,
  boundMs = BOUND_MS,
  pauseMs = PAUSE_MS,
}: WebhookOptions): AlertHook {
  const once = (notice: AlertNotice, signal: AbortSignal): Promise<void> =>
    post(url, JSON.stringify(notice), boundMs, signal);
  return async (notice, signal) => {
    try {
      await once(notice, signal);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      await pause(env, pauseMs, signal);
      await once(notice, signal);
    }
  };
}

/** Over at once when the server stops. */
const pause = (
  env: Pick<Env, "timer">,
  ms: number,
  signal: AbortSignal,
): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = env.timer(ms, end);
    signal.addEventListener("abort", end, { once: true });
  });

async function post(
  url: string,
  body: string,
  boundMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { origin } = new URL(url);
  const late = AbortSignal.timeout(boundMs);
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "user-agent": "flow-balancer",
    },
    body,
    redirect: "manual",
    signal: AbortSignal.any([late, signal]),
  }).catch((thrown: unknown) => {
    if (late.aborted)
      throw new Error(`${origin} gave no answer within ${boundMs} ms`);
    const code = (thrown as { code?: unknown } | null)?.code;
    throw new Error(
      `${origin} could not be reached (${String(code ?? "no reason known")})`,
    );
  });
  await response.body?.cancel();
  if (response.ok) return;
  const isRedirect = response.status >= 300 && response.status < 400;
  throw new Error(
    `${origin} answered ${response.status}${isRedirect ? ": redirects are not followed" : ""}`,
  );
}
