/**
 * Replays arrivals with room for only so many processes in all, busy ones included: each cold start
 * beyond that costs an idle process its place. Who is evicted is the rule's choice; the rest is the
 * same for all. Traces tell neither memory nor start costs, so every process counts the same.
 */

import type { EvictionPolicy, EvictionRoom } from "./eviction-baselines.ts";
import type { WarmCandidate } from "./warm-eviction.ts";
import { type Trace, walkTrace } from "./trace-walk.ts";

export interface EvictionOutcome {
  readonly room: number;
  readonly arrivals: number;
  readonly cold: number;
}

const START_COST_MS = 1_000;
const MEMORY_MB = 100;

/**
 * One outcome for each number of processes there is room for. Where more tasks run at once than
 * that, they run all the same, and leave nothing behind.
 */
export function simulateEviction(
  trace: Trace,
  policy: EvictionPolicy,
  roomsFor: readonly number[],
): EvictionOutcome[] {
  const rooms = roomsFor.map((room) => new Room(room, policy.newRoom()));
  walkTrace(trace, {
    ended({ key }, atMs) {
      policy.ended(key, atMs);
      for (const room of rooms) room.ended(key, atMs);
    },
    arrived({ key, atMs }) {
      for (const room of rooms) room.arrived(key, atMs);
      policy.arrived(key, atMs);
    },
  });
  return rooms.map(({ room, cold }) => ({
    room,
    arrivals: trace.arrivals.length,
    cold,
  }));
}

class Room {
  cold = 0;
  #busy = 0;
  /** In order of use, the latest last. */
  readonly #idle: WarmCandidate[] = [];

  constructor(
    readonly room: number,
    readonly rule: EvictionRoom,
  ) {}

  arrived(key: string, nowMs: number): void {
    const warm = this.#idle.findLastIndex((it) => it.key === key);
    if (warm >= 0) this.#idle.splice(warm, 1);
    else {
      this.cold++;
      if (this.#isFull() && this.#idle.length > 0) this.#evict(nowMs);
    }
    this.rule.used(key);
    this.#busy++;
  }

  ended(key: string, nowMs: number): void {
    this.#busy--;
    if (!this.#isFull())
      this.#idle.push({
        key,
        idleSinceMs: nowMs,
        startCostMs: START_COST_MS,
        memoryMb: MEMORY_MB,
      });
  }

  #isFull(): boolean {
    return this.#busy + this.#idle.length >= this.room;
  }

  #evict(nowMs: number): void {
    const leaving = this.rule.evict(this.#idle, nowMs);
    const at = leaving === undefined ? -1 : this.#idle.indexOf(leaving);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}
