/** Waits for some work, but not for ever. */

import type { Env } from "../core/ports.ts";

/** Resolves when `work` does, or after `ms`; the work goes on. */
export async function atMost(
  env: Env,
  ms: number,
  work: Promise<unknown>,
): Promise<void> {
  let stopTimer = (): void => {};
  const over = new Promise<void>((resolve) => {
    stopTimer = env.timer(ms, resolve);
  });
  await Promise.race([work, over]);
  stopTimer();
}
