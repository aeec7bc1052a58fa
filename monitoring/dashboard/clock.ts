/** The page's own clock: one tick a second for all relative times, none while nobody looks. */

import { signal } from "@preact/signals";

const TICK_MS = 1000;

/** Epoch ms, up to a second old. */
export const now = signal(Date.now());

let timer: ReturnType<typeof setInterval> | undefined;

export function startClock(): void {
  const follow = (): void => {
    clearInterval(timer);
    if (document.hidden) return;
    now.value = Date.now();
    timer = setInterval(() => {
      now.value = Date.now();
    }, TICK_MS);
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}
