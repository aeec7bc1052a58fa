/**
 * The same task done several times, by several experts or by one again and again, and one answer made of
 * it. Whom to ask next, when it is enough and what the answer is are a policy's to say; whoever runs the
 * tasks asks it through this port.
 */

import type { Expert } from "./expert.ts";
import type { TaskId } from "./ids.ts";
import type { JsonValue } from "./json.ts";

export const STRATEGIES = [
  "consensus",
  "best_quality",
  "union",
  "intersection",
] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** Which decides how two results are compared: one scalar, items in any order, a structure, a unified diff, anything else. */
export const RESULT_KINDS = ["answer", "set", "json", "patch", "text"] as const;

export interface EnsembleQuestion {
  /** Of this ensemble alone: what is left to chance hangs on it. */
  readonly id: string;
  /** Ensembles of one type are alike: what was learned of one holds for the others. */
  readonly type: string;
  /** A name an attempt, of the expert who would make it. Those of one expert have the same. */
  readonly seats: readonly [string, ...string[]];
  readonly strategy: Strategy | "auto";
  /** Null: told from the results. */
  readonly resultKind: (typeof RESULT_KINDS)[number] | null;
  /** Whether a check says of a result that it is right or not, or how good it is; null: there is none. */
  readonly check: "verdict" | "score" | null;
  /** An item of an intersection was given by so many at least; null: by more than half of those who gave a result. */
  readonly minSupport: number | null;
  /** Start as many as there are at the same time. */
  readonly allAtOnce: boolean;
}

/** An attempt that completed. */
export interface SeatResult {
  readonly seat: number;
  readonly value: JsonValue;
  /** By the check, 0 to 1, PASSES and more is right; null: none was made, or it failed itself. */
  readonly score: number | null;
  /** In one unit for all attempts. */
  readonly cost: number;
}

export const PASSES = 0.5;

/** How far it got. Seats in none of the lists were not started. */
export interface EnsembleProgress {
  /** False: all that was started had been done for an earlier call, of which it was learned then. */
  readonly isNew: boolean;
  /** In order of completion. */
  readonly results: readonly SeatResult[];
  /** Started, and not ended yet. */
  readonly running: readonly number[];
  /** Ended without a result. */
  readonly failed: readonly number[];
}

export interface EnsembleStep {
  /** Why nothing more is needed; null: it is. */
  readonly settled: string | null;
  /** Seats to start now. Nothing to start, nothing running: over. */
  readonly start: readonly number[];
}

/** What an item of the answer rests on. */
export interface ItemSupport {
  readonly value: JsonValue;
  /** Who gave it. */
  readonly seats: readonly number[];
}

/** A value that could be the answer, for the check. */
export interface Proposal {
  readonly strategy: Strategy;
  readonly value: JsonValue;
}

export interface EnsembleAnswer {
  /** `value`: there is one; else those who answered do not agree, none passed the check, or nobody answered. */
  readonly outcome: "value" | "no_agreement" | "none_passed" | "no_result";
  /** `single`: one was asked, since more had shown to change nothing. */
  readonly strategy: Strategy | "single";
  /** Null without one. */
  readonly value: JsonValue | null;
  /** Without agreement, what leads all the same; null: nothing does. */
  readonly guess: JsonValue | null;
  /** Seats whose result it is (the value, or the guess), or, of a list, who gave any of it. */
  readonly seats: readonly number[];
  /** How likely it is right, as far as checks of earlier answers tell; null: they do not. */
  readonly chance: number | null;
  /** Of union and intersection, best supported first. */
  readonly items: readonly ItemSupport[] | null;
  /** Of each seat with a result: those that say the same have the same number, from 1 in order of completion. */
  readonly groups: ReadonlyMap<number, number>;
  /** Share of the cost that went into what an earlier result had said already, 0 to 1; null with fewer than two results. */
  readonly waste: number | null;
  /** Short lines for a person. */
  readonly why: readonly string[];
}

export interface EnsembleRun {
  next(progress: EnsembleProgress): EnsembleStep;
  /** Whether such a result is to be checked by itself. */
  isChecked(value: JsonValue): boolean;
  /** What is put to the check when all is in, if anything; asked before `conclude`. */
  proposals(progress: EnsembleProgress): readonly Proposal[];
  /** The answer; learns from what is in. `scores`: of the proposals, in their order, each as in SeatResult. Asked once. */
  conclude(
    progress: EnsembleProgress,
    scores: readonly (number | null)[],
  ): EnsembleAnswer;
  /** The first task of it was recorded: the decision behind it is stored with that task. */
  began(task: TaskId): void;
}

export interface EnsemblePolicy {
  /** Those that the configuration names. */
  readonly experts: readonly Expert[];
  begin(question: EnsembleQuestion): EnsembleRun;
  /** What is known of questions of a type, in lines for a person. */
  explain(type: string): readonly string[];
}
