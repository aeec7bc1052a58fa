/**
 * The curve a keep-warm rule is held against: cold starts over memory-time as one keep-alive time
 * for all keys grows, chosen in hindsight. Two rules are compared where they use the same memory-time.
 */

import { newIdleGaps, NO_LIMITS, taskArrived, taskEnded } from "./idle-gaps.ts";
import { type Trace, walkTrace } from "./trace-walk.ts";

export interface CurvePoint {
  readonly keepMs: number;
  readonly cold: number;
  readonly idleMs: number;
}

const SHORTEST_MS = 100;
const STEP = 1.05;

/**
 * Keep-alive times from 0 to ever, in steps of 5 %. The same figures as the simulator's for fixed
 * times, from the gaps alone, so that a fine sweep is cheap. Nothing before `countFromMs` is counted.
 */
export function fixedCurve(
  trace: Trace,
  countFromMs = Number.NEGATIVE_INFINITY,
): CurvePoint[] {
  const { ended, spells, before, unavoidable } = idleSpells(trace, countFromMs);
  const pointAt = (keepMs: number): CurvePoint => ({
    keepMs,
    // A process let go at once serves nobody, not even who comes the same instant.
    cold: unavoidable + ended.countAbove(keepMs > 0 ? keepMs : -1),
    idleMs: spells.sumCappedAt(keepMs) - before.sumCappedAt(keepMs),
  });
  const points = [pointAt(0)];
  for (let keepMs = SHORTEST_MS; keepMs < ended.largest; keepMs *= STEP)
    points.push(pointAt(keepMs));
  return [...points, pointAt(ended.largest), pointAt(Number.POSITIVE_INFINITY)];
}

/** A curve where it has this memory-time, between its points by their mixture; before its first point that one, beyond its last the last. */
export function atEqualMemory(
  curve: readonly CurvePoint[],
  idleMs: number,
): CurvePoint {
  let before = curve[0] ?? { keepMs: 0, cold: 0, idleMs: 0 };
  for (const point of curve) {
    // Of points of equal memory-time the last is the best.
    if (point.idleMs > idleMs && point !== before) {
      const share = (idleMs - before.idleMs) / (point.idleMs - before.idleMs);
      const between = (from: number, to: number): number =>
        share > 0 ? from + (to - from) * share : from;
      return {
        keepMs: between(before.keepMs, point.keepMs),
        cold: between(before.cold, point.cold),
        idleMs,
      };
    }
    before = point;
  }
  return before;
}

interface IdleSpells {
  /** Gaps that a counted arrival ended. */
  readonly ended: Times;
  /** Every process's idle time, to its next use or the end of the trace. */
  readonly spells: Times;
  /** Of those, the part before counting begins. */
  readonly before: Times;
  /** Cold under every rule: no process of the key was idle, warm or not. */
  readonly unavoidable: number;
}

function idleSpells(trace: Trace, countFromMs: number): IdleSpells {
  const gaps = newIdleGaps();
  const ended: number[] = [];
  const spells: number[] = [];
  const before: number[] = [];
  let unavoidable = 0;
  const spell = (sinceMs: number, gapMs: number): void => {
    spells.push(gapMs);
    if (sinceMs < countFromMs)
      before.push(Math.min(gapMs, countFromMs - sinceMs));
  };
  const endMs = walkTrace(trace, {
    ended: ({ key }, atMs) => taskEnded(gaps, key, atMs, NO_LIMITS),
    arrived({ key, atMs }) {
      const gapMs = taskArrived(gaps, key, atMs);
      if (gapMs !== null) spell(atMs - gapMs, gapMs);
      if (atMs < countFromMs) return;
      if (gapMs === null) unavoidable++;
      else ended.push(gapMs);
    },
  });
  for (const idle of gaps.values())
    for (const sinceMs of idle) spell(sinceMs, endMs - sinceMs);
  return {
    ended: new Times(ended),
    spells: new Times(spells),
    before: new Times(before),
    unavoidable,
  };
}

/** Sorted, with running sums: counts and capped sums in the time of a binary search. */
class Times {
  readonly #sorted: Float64Array;
  readonly #sums: Float64Array;

  constructor(times: readonly number[]) {
    this.#sorted = Float64Array.from(times).sort();
    this.#sums = new Float64Array(times.length + 1);
    for (const [at, time] of this.#sorted.entries())
      this.#sums[at + 1] = (this.#sums[at] ?? 0) + time;
  }

  get largest(): number {
    return this.#sorted.at(-1) ?? 0;
  }

  countAbove(limit: number): number {
    return this.#sorted.length - this.#countUpTo(limit);
  }

  /** Sum of min(time, cap). */
  sumCappedAt(cap: number): number {
    const below = this.#countUpTo(cap);
    const above = this.#sorted.length - below;
    return (this.#sums[below] ?? 0) + (above > 0 ? above * cap : 0);
  }

  #countUpTo(limit: number): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? 0) <= limit) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
