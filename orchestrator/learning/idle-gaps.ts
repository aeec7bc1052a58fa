/**
 * The idle gaps of each key, from starts and ends of tasks alone: what an arrival's wait for a warm
 * process would have been if none had ever been let go. It does not depend on what was really kept,
 * so a policy learns the same from a gap it covered and from one it missed.
 */

/** Per key: when each process that would be idle now fell idle, the latest last. */
export type IdleGaps = Map<string, number[]>;

/** What is remembered at most; the oldest is forgotten. */
export interface IdleLimits {
  readonly keys: number;
  readonly idlePerKey: number;
}

/** Deeper ones are reused so rarely that their gaps are not worth the memory. */
const FOR_A_POOL: IdleLimits = { keys: 16_384, idlePerKey: 64 };

/** For who counts, and must not forget. */
export const NO_LIMITS: IdleLimits = { keys: Infinity, idlePerKey: Infinity };

export const newIdleGaps = (): IdleGaps => new Map();

/** A task of the key ended. */
export function taskEnded(
  gaps: IdleGaps,
  key: string,
  nowMs: number,
  limits: IdleLimits = FOR_A_POOL,
): void {
  const idle = gaps.get(key) ?? [];
  idle.push(nowMs);
  if (idle.length > limits.idlePerKey) idle.shift();
  // The key that ended last is the last of the map, so the first is the one longest unused.
  gaps.delete(key);
  gaps.set(key, idle);
  if (gaps.size > limits.keys) forgetFirst(gaps);
}

/** A task of the key arrived: the gap since the most recently used process fell idle, ms; null where all are busy, or there was none. */
export function taskArrived(
  gaps: IdleGaps,
  key: string,
  nowMs: number,
): number | null {
  const since = gaps.get(key)?.pop();
  return since === undefined ? null : nowMs - since;
}

/** Of each key that is idle, how long its most recently used process has been, ms. */
export function* openGaps(
  gaps: IdleGaps,
  nowMs: number,
): Generator<readonly [key: string, idleMs: number]> {
  for (const [key, idle] of gaps) {
    const since = idle.at(-1);
    if (since !== undefined) yield [key, nowMs - since];
  }
}

function forgetFirst(gaps: IdleGaps): void {
  for (const key of gaps.keys()) {
    gaps.delete(key);
    return;
  }
}
