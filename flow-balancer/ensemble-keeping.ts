/**
 * What ensembles showed, while this server runs, and in the store for later ones. What a server has seen
 * itself since it saved last is learned on top of what the others saved meanwhile. Two that save in the
 * same moment can still lose what one of them had seen: some evidence the less, nothing worse.
 */

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
import type { Env } from "./core/ports.ts";
import { SNAPSHOT } from "./ensemble-snapshot.ts";
import type { Log } from "./stderr-log.ts";
import type { Store } from "./store/database.ts";
import { Decisions } from "./store/decisions.ts";
import { LearnedStates } from "./store/learned-states.ts";
import { OutcomeLog } from "./store/outcome-log.ts";

const LEARNER = "ensemble";
/** Of the snapshot's form, and of the policy: how it decides. */
const VERSION = 1;
/** Another server saved meanwhile: that is read, and it is tried again. */
const TRIES = 3;
/** Of what could not be saved yet; beyond it the oldest goes. */
const MAX_UNSAVED = 1_000;

export interface EnsembleKeepingOptions {
  readonly env: Env;
  readonly log: Log;
  readonly store: Store;
  readonly experts: readonly Expert[];
}

export class EnsembleKeeping implements EnsemblePolicy {
  readonly #options: EnsembleKeepingOptions;
  readonly #states: LearnedStates;
  readonly #outcomes: OutcomeLog;
  readonly #decisions: Decisions;
  /** As it is stored, with what is not saved yet; null: not read so far. */
  #known: EnsembleMemory | null = null;
  #unsaved: EnsembleEvidence[] = [];
  #saving: Promise<void> = Promise.resolve();

  constructor(options: EnsembleKeepingOptions) {
    this.#options = options;
    const { store, env } = options;
    this.#states = new LearnedStates(store, env);
    this.#outcomes = new OutcomeLog(store);
    this.#decisions = new Decisions(store, env);
  }

  get experts(): readonly Expert[] {
    return this.#options.experts;
  }

  begin(question: EnsembleQuestion): EnsembleRun {
    const run = new AggregateRun(question, this.#memory(), (evidence) => {
      this.#memory().learn(evidence);
      this.#unsaved = [...this.#unsaved, evidence].slice(-MAX_UNSAVED);
      void this.saved();
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
    return this.#memory().explain(type);
  }

  /** Resolves once all that was seen is saved, or could not be: then it is tried with the next. Never rejects. */
  saved(): Promise<void> {
    return (this.#saving = this.#saving.then(() => this.#save()));
  }

  #memory(): EnsembleMemory {
    return (this.#known ??= this.#read());
  }

  #read(): EnsembleMemory {
    const { state, warning } = this.#states.load(LEARNER, VERSION);
    if (warning !== null)
      this.#options.log("warn", "learned.damaged", { warning });
    try {
      if (state !== null) return new EnsembleMemory(SNAPSHOT.parse(state));
    } catch (thrown) {
      this.#options.log("warn", "learned.damaged", {
        learner: LEARNER,
        warning: String(thrown),
      });
    }
    return new EnsembleMemory();
  }

  async #save(): Promise<void> {
    const own = this.#unsaved;
    if (own.length === 0) return;
    this.#unsaved = [];
    try {
      for (let left = TRIES; left > 0; left--) {
        const all = this.#read();
        for (const evidence of own) all.learn(evidence);
        const saved = all.snapshot();
        const seq = this.#outcomes.last();
        if (!(await this.#states.save(LEARNER, VERSION, seq, saved))) continue;
        for (const evidence of this.#unsaved) all.learn(evidence);
        this.#known = all;
        return;
      }
      throw new Error("other servers saved at the same time, again and again");
    } catch (thrown) {
      this.#unsaved = [...own, ...this.#unsaved].slice(-MAX_UNSAVED);
      this.#options.log("warn", "learned.not_saved", {
        learner: LEARNER,
        error: String(thrown),
      });
    }
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
