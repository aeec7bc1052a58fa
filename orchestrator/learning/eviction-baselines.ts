/** Rules for whom to evict: ours, and the two it is held against. */

import { type WarmCandidate, whomToEvict } from "./warm-eviction.ts";
import { newWarmMemory, rememberArrival, rememberEnd } from "./warm-memory.ts";

/** What the replay asks of an eviction rule: what it learns is the same for all rooms. */
export interface EvictionPolicy {
  arrived(key: string, nowMs: number): void;
  ended(key: string, nowMs: number): void;
  newRoom(): EvictionRoom;
}

/** The same rule where there is room for so many processes. */
export interface EvictionRoom {
  /** A task of the key was given to a process, after another was evicted for it if need be. */
  used(key: string): void;
  /** Candidates are idle processes; there is at least one. */
  evict<Candidate extends WarmCandidate>(
    candidates: readonly Candidate[],
    nowMs: number,
  ): Candidate | undefined;
}

export function learnedEviction(): EvictionPolicy {
  const memory = newWarmMemory();
  return {
    arrived: (key, nowMs) => rememberArrival(memory, key, nowMs),
    ended: (key, nowMs) => rememberEnd(memory, key, nowMs),
    newRoom: () => ({
      used: () => undefined,
      evict: (candidates, nowMs) =>
        whomToEvict(candidates, nowMs, memory.learned),
    }),
  };
}

const learnsNothing = (newRoom: () => EvictionRoom): EvictionPolicy => ({
  arrived: () => undefined,
  ended: () => undefined,
  newRoom,
});

/** The one idle longest. */
export const leastRecentlyUsed = (): EvictionPolicy =>
  learnsNothing(() => ({
    used: () => undefined,
    evict: (candidates) =>
      leastBy(candidates, ({ idleSinceMs }) => idleSinceMs),
  }));

/**
 * Greedy-dual by size and frequency, as in A. Fuerst and P. Sharma, "FaasCache" (ASPLOS 2021):
 * priority = clock + uses x start cost / memory, set with each use; the clock is the priority of
 * the last that was evicted. A key whose last process goes loses its uses.
 */
export const greedyDual = (): EvictionPolicy => learnsNothing(greedyDualRoom);

function greedyDualRoom(): EvictionRoom {
  const keys = new Map<string, { uses: number; usedAt: number }>();
  let clock = 0;
  const priority = ({ key, startCostMs, memoryMb }: WarmCandidate): number => {
    const { uses, usedAt } = keys.get(key) ?? { uses: 0, usedAt: 0 };
    return usedAt + (uses * startCostMs) / Math.max(1, memoryMb);
  };
  return {
    used(key) {
      const uses = (keys.get(key)?.uses ?? 0) + 1;
      keys.set(key, { uses, usedAt: clock });
    },
    evict(candidates) {
      const chosen = leastBy(candidates, priority);
      if (chosen === undefined) return undefined;
      clock = Math.max(clock, priority(chosen));
      if (candidates.filter(({ key }) => key === chosen.key).length === 1)
        keys.delete(chosen.key);
      return chosen;
    },
  };
}

/** Of equals, the first. */
function leastBy<Candidate>(
  candidates: readonly Candidate[],
  value: (candidate: Candidate) => number,
): Candidate | undefined {
  let chosen: Candidate | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const own = value(candidate);
    if (chosen === undefined || own < least) {
      chosen = candidate;
      least = own;
    }
  }
  return chosen;
}
