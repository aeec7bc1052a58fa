/** What alerts are judged by: the figures of one moment. Lengths are ms, sizes bytes. Null: it could not be found out, which neither fires nor clears anything. */

import type { LastBeat } from "../../flow-balancer/core/instance.ts";
import type { Neighbours } from "../health/health-facts.ts";

export interface AlertFacts {
  /** Epoch ms. */
  readonly at: number;
  readonly recent: RecentEnds | null;
  /** This server's. */
  readonly pool: {
    readonly busy: number;
    readonly maxWorkers: number;
    readonly waiting: number;
  } | null;
  readonly oldest: OldestWaiting | null;
  readonly neighbours: Neighbours | null;
  readonly disk: { readonly freeBytes: number } | null;
  readonly wal: { readonly bytes: number } | null;
  readonly beat: LastBeat | null;
}

/** Attempts of the pool's tasks that ended in the last `windowMs`, on all servers; of many, the newest. */
export interface RecentEnds {
  readonly windowMs: number;
  /** Without those that somebody cancelled. */
  readonly ended: number;
  /** Ended other than completed. */
  readonly failed: number;
  /** The kind of which most failed; null: none did. */
  readonly worst: { readonly kind: string; readonly failed: number } | null;
  /** Of so many it is known how long they waited. */
  readonly waited: number;
  readonly waitP95Ms: number;
  /** Reached a worker; and those of them that found none that had been started before. */
  readonly placed: number;
  readonly cold: number;
}

/** Of the pool's tasks that could run now and that no server has taken. */
export interface OldestWaiting {
  /** Null: there is none. */
  readonly task: string | null;
  readonly kind: string | null;
  readonly ageMs: number;
}
