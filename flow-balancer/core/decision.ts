/**
 * What a policy chose for an attempt of a task where it could have chosen otherwise: which expert, or
 * how many. With the odds it is enough to reckon later what another policy would have come to. Where
 * a task was placed is no such record: it is a `Decision` in its task's own row (core/explain-decision.ts).
 */

import type { TaskId } from "./ids.ts";
import type { JsonValue } from "./json.ts";
import type { EpochMs } from "./time.ts";

/** What could have been chosen, the choice itself included. */
export interface Alternative {
  readonly choice: string;
  /** How likely it was to be chosen, 0..1. */
  readonly propensity: number;
  /** What the policy expected of it, in units of its own, more is better; null: it expected nothing. */
  readonly score: number | null;
}

export interface NewDecision {
  readonly taskId: TaskId;
  /** With the task it names the outcome that came of it. */
  readonly attempt: number;
  /** `router` or `ensemble`. */
  readonly policy: string;
  /** Of the policy: two that may choose differently have different ones. */
  readonly version: string;
  readonly choice: string;
  readonly alternatives: readonly Alternative[];
  /** How likely this choice was, above 0 and at most 1. */
  readonly propensity: number;
  /** Whatever a person, or who decides it again, has to know: features, seed, the outcome last learned from. */
  readonly reason: JsonValue;
}

export interface DecisionRecord extends NewDecision {
  /** Grows with every decision that is stored. */
  readonly id: number;
  readonly at: EpochMs;
}
