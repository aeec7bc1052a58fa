/**
 * Submits tasks when they are due, whether or not earlier ones were answered: a pool that is late does
 * not slow down those who come, as it would in a closed loop. Whoever measures counts from `dueAt`,
 * so that a late driver's delay is in the figures too (no coordinated omission).
 */

export interface Clock {
  /** ms. */
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

/** The finest a timer is. */
const MIN_SLEEP_MS = 1;

const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms) => Bun.sleep(ms),
};

/**
 * Calls `submit` once an arrival, in order, never before it is due; all that are due at a wake-up go at once.
 * `dueAt` is the moment on the clock. Resolves with how late each was submitted, ms.
 */
export async function driveOpenLoop(
  arrivals: readonly number[],
  submit: (dueAt: number, index: number) => void,
  clock: Clock = realClock,
): Promise<number[]> {
  const startedAt = clock.now();
  const lags: number[] = [];
  for (const [index, arrival] of arrivals.entries()) {
    const dueAt = startedAt + arrival;
    for (let left = dueAt - clock.now(); left > 0; left = dueAt - clock.now())
      await clock.sleep(Math.max(MIN_SLEEP_MS, Math.floor(left)));
    submit(dueAt, index);
    lags.push(clock.now() - dueAt);
  }
  return lags;
}
