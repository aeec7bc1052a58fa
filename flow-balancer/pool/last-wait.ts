/** When the last of a queue is served, by whoever is free first. Pure; for tasks that take about the same. */

/**
 * Until the last of those who wait would get a worker, ms, if they are served in turn by workers
 * that are free after `freeInMs`. 0: nobody waits; Infinity: nobody comes.
 */
export function lastWaitMs(
  waiting: number,
  freeInMs: readonly number[],
  taskMs: number,
): number {
  if (waiting === 0) return 0;
  const free = [...freeInMs].sort((a, b) => a - b);
  let sum = 0;
  for (const [index, ms] of free.entries()) {
    sum += ms;
    const n = index + 1;
    // The first n serve all: by then each has begun (wait - its time) / taskMs + 1 of them.
    const wait = Math.max(ms, (taskMs * Math.max(0, waiting - n) + sum) / n);
    if (wait <= (free[n] ?? Number.POSITIVE_INFINITY)) return wait;
  }
  return Number.POSITIVE_INFINITY;
}
