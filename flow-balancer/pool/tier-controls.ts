/**
 * What a person did to the tiers of a pool, and what follows from it: who may be given what, whether
 * a worker may be started, who is one too many. Knows no clock and starts nothing. While nothing is
 * paused or limited it costs one look.
 */

import type { TierControl } from "../core/pool-status.ts";
import { TIERS, type Tier } from "../core/tier.ts";
import {
  countPlaces,
  placesOf,
  placesWith,
  tierNow,
  type PlaceCounts,
} from "./tier-places.ts";
import type { WorkerView } from "./worker-view.ts";

/** What is left out stays. */
export interface TierSetting {
  readonly paused?: boolean | undefined;
  /** 0 or more; null takes it away. */
  readonly limit?: number | null | undefined;
}

/** Why a task may not have what it would otherwise get. */
export type TierHold =
  | { readonly tier: Tier; readonly by: "pause" }
  | { readonly tier: Tier; readonly by: "limit"; readonly limit: number };

/** The controls as a task of one session, or of none, meets them. */
export interface TierGate {
  admits(worker: WorkerView): boolean;
  /** Of a new worker, or a bare one; null: nothing keeps it from the task. */
  readonly hold: TierHold | null;
}

export class TierControls<W extends WorkerView = WorkerView> {
  readonly #paused = new Set<Tier>();
  readonly #limits = new Map<Tier, number>();
  /** Those that were to end and are still there. */
  readonly #draining = new Map<Tier, Set<W>>();

  /** Nothing is paused or limited. */
  get isQuiet(): boolean {
    return this.#paused.size === 0 && this.#limits.size === 0;
  }

  of(tier: Tier): TierControl {
    return {
      paused: this.#paused.has(tier),
      draining: (this.#draining.get(tier)?.size ?? 0) > 0,
      limit: this.#limits.get(tier) ?? null,
    };
  }

  all(): Readonly<Record<Tier, TierControl>> {
    return Object.fromEntries(
      TIERS.map((tier) => [tier, this.of(tier)]),
    ) as Record<Tier, TierControl>;
  }

  set(tier: Tier, { paused, limit }: TierSetting): void {
    if (paused === true) this.#paused.add(tier);
    else if (paused === false) this.#paused.delete(tier);
    if (limit === null) this.#limits.delete(tier);
    else if (limit !== undefined) this.#limits.set(tier, limit);
  }

  /** Notes those of the tier that are to end, and returns them: who calls it lets them go. */
  drain(tier: Tier, workers: Iterable<W>): readonly W[] {
    const there = [...workers].filter(
      (worker) =>
        worker.state !== "retiring" &&
        worker.state !== "dead" &&
        tierNow(worker) === tier,
    );
    const draining = this.#draining.get(tier) ?? new Set();
    for (const worker of there) draining.add(worker);
    this.#draining.set(tier, draining);
    return there;
  }

  /** It is dead. */
  gone(worker: W): void {
    for (const draining of this.#draining.values()) draining.delete(worker);
  }

  /** Null: everything is allowed. */
  gate(session: string | null, workers: Iterable<W>): TierGate | null {
    if (this.isQuiet) return null;
    const counts = countPlaces(workers);
    const entry = this.#entry(session, counts) ?? this.#hold("cold", counts);
    return {
      hold: entry,
      admits: (worker) => this.#holdOf(worker, session, counts) === null,
    };
  }

  /** Why it may not be given a task of the session; null: it may. */
  holdOf(
    worker: W,
    session: string | null,
    workers: Iterable<W>,
  ): TierHold | null {
    return this.isQuiet
      ? null
      : this.#holdOf(worker, session, countPlaces(workers));
  }

  /** Nobody comes to it, nor is given anything in it. */
  isShut(tier: Tier): boolean {
    return this.#paused.has(tier) || this.#limits.get(tier) === 0;
  }

  mayStart(workers: Iterable<W>): boolean {
    return this.isQuiet || this.#hold("cold", countPlaces(workers)) === null;
  }

  /** How many more workers could take one of those who wait, as far as this is concerned. */
  demand(
    waiting: { readonly inSessions: number; readonly inNone: number },
    workers: Iterable<W>,
  ): number {
    if (this.isQuiet) return Number.POSITIVE_INFINITY;
    const counts = countPlaces(workers);
    return (
      Math.min(waiting.inSessions, this.#room("hot", counts)) +
      Math.min(waiting.inNone, this.#room("warm", counts))
    );
  }

  /** Idle workers above a limit, the longest unused: to be let go. */
  surplus(workers: Iterable<W>): W[] {
    if (this.#limits.size === 0) return [];
    const all = [...workers];
    const counts = countPlaces(all);
    return TIERS.flatMap((tier) => {
      const limit = this.#limits.get(tier) ?? Number.POSITIVE_INFINITY;
      return longestUnused(all, tier).slice(
        0,
        Math.max(0, counts[tier] - limit),
      );
    });
  }

  /** Not of the worker itself but of what the task would make of any. */
  #entry(session: string | null, counts: PlaceCounts): TierHold | null {
    return this.#hold(session === null ? "warm" : "hot", counts);
  }

  #holdOf(
    worker: WorkerView,
    session: string | null,
    counts: PlaceCounts,
  ): TierHold | null {
    const places = placesOf(worker);
    for (const tier of places) {
      // It may stay where it is, unless those are too many.
      const hold = this.#hold(tier, { ...counts, [tier]: counts[tier] - 1 });
      if (hold !== null) return hold;
    }
    for (const tier of placesWith(worker, session)) {
      const hold = places.includes(tier) ? null : this.#hold(tier, counts);
      if (hold !== null) return hold;
    }
    return null;
  }

  /** Of one more in the tier. */
  #hold(tier: Tier, counts: PlaceCounts): TierHold | null {
    if (this.#paused.has(tier)) return { tier, by: "pause" };
    const limit = this.#limits.get(tier);
    return limit !== undefined && counts[tier] >= limit
      ? { tier, by: "limit", limit }
      : null;
  }

  #room(tier: Tier, counts: PlaceCounts): number {
    if (this.#paused.has(tier)) return 0;
    const limit = this.#limits.get(tier) ?? Number.POSITIVE_INFINITY;
    return Math.max(0, limit - counts[tier]);
  }
}

/** Idle ones of the tier, the longest unused first. */
export const longestUnused = <W extends WorkerView>(
  workers: Iterable<W>,
  tier: Tier,
): W[] =>
  [...workers]
    .filter((worker) => worker.state === "idle" && tierNow(worker) === tier)
    .sort((a, b) => a.idleSince - b.idleSince);
