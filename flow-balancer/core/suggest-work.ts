/**
 * What a rule for dividing the board's work is asked, and what it answers. The board knows the facts
 * and carries out; the order, and who is offered what, is policy (orchestrator/routing/suggest-work.ts).
 */

import type { Load, Obstacle, Suggestion } from "./board.ts";
import type { TaskId } from "./ids.ts";
import type { EpochMs } from "./time.ts";

/** An item that nobody has and that waits for nothing. */
export interface Candidate {
  readonly id: TaskId;
  readonly title: string;
  /** 1..10. */
  readonly weight: number;
  /** -10..10, higher first. */
  readonly priority: number;
  readonly submittedAt: EpochMs;
  readonly capabilities: readonly string[];
  /** Open tasks that wait for it, directly or by way of others; counted up to `MAX_COUNTED_WAITERS`. */
  readonly waiters: number;
}

/** Beyond this, one more that waits makes no difference to the order. */
export const MAX_COUNTED_WAITERS = 100;

/** How a holder's ended work that needed a capability went: what stood its check, and what failed. */
export interface CapabilityRecord {
  readonly capability: string;
  readonly successes: number;
  readonly failures: number;
}

/** An item that somebody completed. */
export interface PastWork {
  readonly weight: number;
  readonly capabilities: readonly string[];
  readonly runMs: number;
}

export interface WorkQuestion {
  readonly candidates: readonly Candidate[];
  /** What the claimer says it can do; null: nobody in particular asks, so nothing is held against anybody. */
  readonly declared: readonly string[] | null;
  readonly records: readonly CapabilityRecord[];
  readonly load: Load;
  readonly past: readonly PastWork[];
  readonly now: EpochMs;
}

/** Every candidate is in one of the two. */
export interface Ranking {
  /** The best first. */
  readonly suggestions: readonly Suggestion[];
  readonly obstacles: readonly Obstacle[];
}

export type SuggestWork = (question: WorkQuestion) => Ranking;
