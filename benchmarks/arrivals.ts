/** When the tasks of an open loop arrive. Pure: chance is an argument. */

/** A stretch of time with one rate. */
export interface Phase {
  readonly seconds: number;
  /** Arrivals a second. */
  readonly rate: number;
}

const MS = 1_000;

/**
 * A Poisson process whose rate changes from phase to phase: moments in ms from the start, ascending.
 * Gaps are exponential (inverse transform); a gap that leaves its phase is drawn anew from the
 * phase's end, which the process allows because it has no memory.
 */
export function poissonArrivals(
  phases: readonly Phase[],
  random: () => number,
): number[] {
  const arrivals: number[] = [];
  let begin = 0;
  for (const { seconds, rate } of phases) {
    const end = begin + seconds * MS;
    const gap = (): number => (-Math.log(1 - random()) * MS) / rate;
    // Without arrivals the first gap is endless.
    for (let at = begin + gap(); at < end; at += gap()) arrivals.push(at);
    begin = end;
  }
  return arrivals;
}

/** A steady rate with ten times as much for `burstSeconds` in it. */
export const withBurst = (
  rate: number,
  seconds: {
    readonly before: number;
    readonly burst: number;
    readonly after: number;
  },
): Phase[] => [
  { seconds: seconds.before, rate },
  { seconds: seconds.burst, rate: BURST_FACTOR * rate },
  { seconds: seconds.after, rate },
];

const BURST_FACTOR = 10;
