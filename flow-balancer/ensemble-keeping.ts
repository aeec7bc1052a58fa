/** What ensembles showed, while this server runs, and in the store for later ones. */

import {
  type EnsembleEvidence,
  EnsembleMemory,
} from "../orchestrator/learning/aggregate-memory.ts";
import { AggregateRun } from "../orchestrator/learning/aggregate-run.ts";
import type { NewDecision } from "./core/decision.ts";
import type {
  EnsemblePolicy,
  EnsembleQuestion,
  EnsembleRun,
} from "./core/ensemble.ts";
import type { Expert } from "./core/expert.ts";
import type { TaskId } from "./core/ids.ts";
import { SNAPSHOT } from "./ensemble-snapshot.ts";
import {
  type Learning,
  SharedLearning,
  type SharedParts,
} from "./shared-learning.ts";
import { Decisions } from "./store/decisions.ts";

/** Of the snapshot's form, and of the policy: how it decides. */
const VERSION = 1;
/** Of what could not be saved yet; beyond it the oldest goes. */
const MAX_UNSAVED = 1_000;

const ENSEMBLE: Learning<EnsembleMemory, EnsembleEvidence[]> = {
  learner: "ensemble",
  version: VERSION,
  nothingKnown: () => new EnsembleMemory(),
  nothingSeen: () => [],
  restore: (state) => new EnsembleMemory(SNAPSHOT.parse(state)),
  added: (known, seen) => {
    for (const evidence of seen) known.learn(evidence);
    return known;
  },
  joined: (older, newer) => [...older, ...newer].slice(-MAX_UNSAVED),
  snapshot: (known) => known.snapshot(),
};

export interface EnsembleKeepingOptions extends SharedParts {
  readonly experts: readonly Expert[];
}

export class EnsembleKeeping implements EnsemblePolicy {
  readonly #options: EnsembleKeepingOptions;
  readonly #learning: SharedLearning<EnsembleMemory, EnsembleEvidence[]>;
  readonly #decisions: Decisions;

  constructor(options: EnsembleKeepingOptions) {
    this.#options = options;
    this.#learning = new SharedLearning(options, ENSEMBLE);
    this.#decisions = new Decisions(options.store, options.env);
  }

  get experts(): readonly Expert[] {
    return this.#options.experts;
  }

  begin(question: EnsembleQuestion): EnsembleRun {
    const run = new AggregateRun(question, this.#learning.known, (evidence) => {
      this.#learning.see((known, unsaved) => {
        known.learn(evidence);
        unsaved.push(evidence);
      });
      void this.save();
    });
    return {
      next: (progress) => run.next(progress),
      isChecked: (value) => run.isChecked(value),
      proposals: (progress) => run.proposals(progress),
      conclude: (progress, scores) => run.conclude(progress, scores),
      began: (task) => void this.#record(task, question, run),
    };
  }

  /** Short lines for a person: who is trusted how far at tasks of this type, and whether several are worth it. */
  explain(type: string): string[] {
    return this.#learning.known.explain(type);
  }

  /** See `SharedLearning`. */
  save(): Promise<void> {
    return this.#learning.save();
  }

  async #record(
    taskId: TaskId,
    question: EnsembleQuestion,
    { gate }: AggregateRun,
  ): Promise<void> {
    try {
      await this.#decisions.record(decisionOf(taskId, question, gate));
    } catch (thrown) {
      this.#options.log("warn", "decision.not_stored", {
        task: taskId,
        error: String(thrown),
      });
    }
  }
}

/** One to be asked, or several; without a gate it was not left open. */
function decisionOf(
  taskId: TaskId,
  { id, type, seats, strategy }: EnsembleQuestion,
  gate: AggregateRun["gate"],
): NewDecision {
  const choice = gate?.mode ?? "parallel";
  const propensity = gate?.propensity ?? 1;
  const other = choice === "single" ? "parallel" : "single";
  return {
    taskId,
    attempt: 1,
    policy: "ensemble",
    version: String(VERSION),
    choice,
    propensity,
    alternatives: [
      { choice, propensity, score: null },
      ...(gate === null
        ? []
        : [{ choice: other, propensity: 1 - propensity, score: null }]),
    ],
    reason: { seed: id, type, seats, strategy, why: gate?.reason ?? [] },
  };
}
