/**
 * How often something may be restarted: more than `maxRestarts` deaths within `withinMs`, and it
 * has to wait, twice as long with each further death, and until the first of those deaths is out of
 * the window; so no window ever sees more than `maxRestarts + 1` restarts. Pure. The measure is
 * that of OTP's supervisors, whose answer (give up) does not suit a pool.
 */

export interface IntensityLimit {
  readonly maxRestarts: number;
  readonly withinMs: number;
  /** The first wait, ms. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

export interface RestartIntensity {
  /** When it died, as far as that is within the window; oldest first. */
  readonly deaths: readonly number[];
  /** Waits in a row. */
  readonly waits: number;
  /** No restart before this. */
  readonly until: number;
}

export const UNHARMED: RestartIntensity = {
  deaths: [],
  waits: 0,
  until: Number.NEGATIVE_INFINITY,
};

/** Of one lineage: a worker and those that replaced it; and of one kind of task. The numbers of OTP's own example. */
export const LINEAGE_LIMIT: IntensityLimit = {
  maxRestarts: 5,
  withinMs: 30_000,
  backoffMs: 1_000,
  maxBackoffMs: 300_000,
};
/** Of the whole pool, for what no task is to blame for: starts that failed, deaths before any task. */
export const POOL_LIMIT: IntensityLimit = {
  maxRestarts: 3,
  withinMs: 60_000,
  backoffMs: 1_000,
  maxBackoffMs: 300_000,
};

export function noteDeath(
  state: RestartIntensity,
  now: number,
  limit: IntensityLimit,
): RestartIntensity {
  const { maxRestarts, withinMs } = limit;
  const waits = isForgiven(state, now, limit) ? 0 : state.waits;
  const deaths = [
    ...state.deaths.filter((at) => now - at < withinMs),
    now,
  ].slice(-maxRestarts - 1);
  // Once it had to wait, every death counts until a whole window passed without one.
  if (deaths.length <= maxRestarts && waits === 0)
    return { deaths, waits, until: state.until };
  const backoffMs = Math.min(limit.maxBackoffMs, limit.backoffMs * 2 ** waits);
  const windowEnds =
    deaths.length > maxRestarts ? (deaths[0] ?? now) + withinMs : now;
  return {
    deaths,
    waits: waits + 1,
    until: Math.max(now + backoffMs, windowEnds),
  };
}

/** Nothing died for a whole window in which it might have. */
export function isForgiven(
  { deaths, until }: RestartIntensity,
  now: number,
  { withinMs }: IntensityLimit,
): boolean {
  const last = Math.max(until, deaths.at(-1) ?? Number.NEGATIVE_INFINITY);
  return now - last > withinMs;
}

/** Until it may be restarted, ms; 0: now. */
export const waitMsOf = (state: RestartIntensity, now: number): number =>
  Math.max(0, state.until - now);

/** It was restarted after a wait and has not died since, nor been let off yet: one at a time. */
export const isOnTrial = (state: RestartIntensity): boolean => state.waits > 0;
