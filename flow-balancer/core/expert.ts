/**
 * An expert: one of several that could do a task of a kind, as the configuration names it. Which one a task
 * goes to is a policy's choice.
 */

import type { JsonValue } from "./json.ts";

export interface Expert {
  readonly name: string;
  /** The kinds of task it serves. */
  readonly kinds: readonly string[];
  /** How it is run: as a task of this kind, with these fields laid over the input of the task it was chosen for. */
  readonly run: {
    readonly kind: string;
    readonly input: Readonly<Record<string, JsonValue>>;
    /** A command, that reads the task's input on stdin (core/expert-input.ts). Left out: the fields are laid over it. */
    readonly readsStdin?: true;
  };
  /** Of a call, until its real cost is known; in whatever unit the costs of all experts are given. */
  readonly cost: number;
  readonly capabilities: readonly string[];
}

/** What a choice may hang on: the task, and what it asks of whoever does it. */
export interface RouteQuestion {
  readonly kind: string;
  /** What runs alike within the kind (core/learning-key.ts); "": no telling. */
  readonly bucket: string;
  readonly tags: readonly string[];
  /** What it asks, in words. */
  readonly text: string;
  /** Capabilities the expert must have. */
  readonly needs: readonly string[];
  /** What one call may cost at most; null: anything. */
  readonly budget: number | null;
  /** Whether a check tells a bad result, so that another expert can be asked then. */
  readonly hasCheck: boolean;
  /** How many experts are to do it at the same time. */
  readonly copies: number;
  /** One is enough, whatever `copies` says. */
  readonly isSingle: boolean;
}

export interface RouteAlternative {
  readonly expert: string;
  /** How likely it is to do this task well. */
  readonly success: number;
  /** Of a call, expected. */
  readonly cost: number;
  /** Run time, median, ms; null: no run of it was timed. */
  readonly typicalMs: number | null;
  /** Of a call, with what those add who are asked next where it fails a check, in units of cost: more is better. */
  readonly utility: number;
  /** How likely it was to be chosen; 0 where a rule forbids it. */
  readonly propensity: number;
  /** Its runs of this type of task that were learned from. */
  readonly runs: number;
  /** The rule that forbids it; null: none. */
  readonly barredBy: string | null;
}

export interface RouteDecision {
  /** Null where a rule forbids each. */
  readonly choice: string | null;
  /** Exactly how likely this choice was; 0 without one. */
  readonly propensity: number;
  /** Whom to run at once: the choice first. */
  readonly together: readonly string[];
  /** Whom to ask next, one after the other, while the check fails. */
  readonly next: readonly string[];
  readonly alternatives: readonly RouteAlternative[];
  /** For a person, short lines. */
  readonly reason: readonly string[];
  readonly policyVersion: string;
}
