/** What was learned of run times, from a store that may only be read: what was saved, and the outcomes since. */

import type { Database } from "bun:sqlite";
import {
  DeadlineLearner,
  type DeadlineOptions,
} from "../orchestrator/learning/deadline-learner.ts";
import { SNAPSHOT_VERSION } from "../orchestrator/learning/deadline-snapshot.ts";
import { isListKind } from "./core/chunking.ts";
import type { Outcome } from "./core/outcome.ts";
import { OutcomeLog } from "./store/outcome-log.ts";
import { readLearned } from "./store/read-learned.ts";

/** The learner's name in the store. */
export const DEADLINES = "deadlines";
/** Outcomes read at a time. */
const SLICE = 1_000;

export interface LearnedDeadlines {
  readonly learner: DeadlineLearner;
  /** Of the last outcome that was learned from. */
  readonly seq: number;
  /** Why what was saved cannot be used; null: it can, or there is nothing. */
  readonly warning: string | null;
}

/** As it was saved, or one that knows nothing. */
export function savedDeadlines(
  raw: Database,
  options: DeadlineOptions,
): LearnedDeadlines {
  const { state, seq, warning } = readLearned(raw, DEADLINES, SNAPSHOT_VERSION);
  const fresh = (): DeadlineLearner => new DeadlineLearner(options);
  if (state === null) return { learner: fresh(), seq: 0, warning };
  try {
    const learner = DeadlineLearner.restore(options, state);
    return { learner, seq, warning };
  } catch (thrown) {
    const why = (thrown as Error).message;
    return {
      learner: fresh(),
      seq: 0,
      warning: `what was learned of run times is damaged: ${why}; it is learned again`,
    };
  }
}

/** With all that was stored since. */
export function readDeadlines(
  raw: Database,
  options: DeadlineOptions,
): LearnedDeadlines {
  const saved = savedDeadlines(raw, options);
  const log = new OutcomeLog({ raw });
  let { seq } = saved;
  for (;;) {
    const outcomes = log.after(seq, SLICE);
    learnFrom(saved.learner, outcomes);
    seq = outcomes.at(-1)?.seq ?? seq;
    if (outcomes.length < SLICE) return { ...saved, seq };
  }
}

/** Lists have limits of their own making. */
export function learnFrom(
  learner: DeadlineLearner,
  outcomes: readonly Outcome[],
): void {
  for (const outcome of outcomes)
    if (!isListKind(outcome.kind)) learner.observe(outcome);
}
