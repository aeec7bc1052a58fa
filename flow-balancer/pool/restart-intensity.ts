/**
 * How often something may be restarted: more than `maxRestarts` deaths within `withinMs`, and it
 * has to wait, twice as long with each further death. Pure. The measure is that of OTP's
 * supervisors, whose answer (give up) does not suit a pool.
 */

export interface IntensityLimit {
  readonly maxRestarts: number;
  readonly withinMs: number;
  /** The first wait, ms. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** It waits at least until the first of those deaths is out of the window: no window ever sees more than `maxRestarts + 1` restarts. */
  readonly strict: boolean;
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

/** Of a worker and those that replaced it. The numbers of OTP's own example. */
export const SEAT_LIMIT: IntensityLimit = {
  maxRestarts: 5,
  withinMs: 30_000,
  backoffMs: 1_000,
  maxBackoffMs: 60_000,
  strict: false,
};
/** Of tasks that kill their workers. */
export const TASK_LIMIT: IntensityLimit = {
  maxRestarts: 5,
  withinMs: 30_000,
  backoffMs: 1_000,
  maxBackoffMs: 300_000,
  strict: true,
};
/** Of the tasks of one kind that have not shown yet that they leave their worker alive, once different ones killed theirs. */
export const KIND_LIMIT: IntensityLimit = {
  maxRestarts: 5,
  withinMs: 30_000,
  backoffMs: 250,
  maxBackoffMs: 1_000,
  strict: false,
};
/** Of the whole pool, for what no task is to blame for: starts that failed, deaths before any task. */
export const POOL_LIMIT: IntensityLimit = {
  maxRestarts: 3,
  withinMs: 60_000,
  backoffMs: 1_000,
  maxBackoffMs: 60_000,
  strict: false,
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
    limit.strict && deaths.length > maxRestarts
      ? (deaths[0] ?? now) + withinMs
      : now;
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
