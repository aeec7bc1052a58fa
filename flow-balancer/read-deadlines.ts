/** What was learned of run times, from a store that may only be read: what was saved, and the outcomes since. */

import type { Database } from "bun:sqlite";
import {
  DeadlineLearner,
  type DeadlineOptions,
} from "../orchestrator/learning/deadline-learner.ts";
import { SNAPSHOT_VERSION } from "../orchestrator/learning/deadline-snapshot.ts";
import { isListKind } from "./core/chunking.ts";
import type { Outcome } from "./core/outcome.ts";
import { learnAll, type ReadSlice, SLICE } from "./outcome-slices.ts";
import { restored } from "./shared-learning.ts";
import { OutcomeLog } from "./store/outcome-log.ts";
import { readLearned } from "./store/read-learned.ts";

/** The learner's name in the store. */
export const DEADLINES = "deadlines";

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
  const { known, ...saved } = restored(
    {
      what: "what was learned of run times",
      nothingKnown: () => new DeadlineLearner(options),
      restore: (state) => DeadlineLearner.restore(options, state),
    },
    readLearned(raw, DEADLINES, SNAPSHOT_VERSION),
  );
  return { learner: known, ...saved };
}

/** With all that was stored since. */
export function readDeadlines(
  raw: Database,
  options: DeadlineOptions,
): LearnedDeadlines {
  const { learner, warning, ...saved } = savedDeadlines(raw, options);
  const seq = learnAll(saved.seq, runSlices(raw), (outcome) =>
    learnRun(learner, outcome),
  );
  return { learner, seq, warning };
}

export function runSlices(raw: Database): ReadSlice<Outcome> {
  const log = new OutcomeLog({ raw });
  return (after) => {
    const seen = log.after(after, SLICE);
    const isMore = seen.length === SLICE;
    return { seen, seq: seen.at(-1)?.seq ?? after, isMore };
  };
}

/** Lists have limits of their own making. */
export function learnRun(learner: DeadlineLearner, outcome: Outcome): void {
  if (!isListKind(outcome.kind)) learner.observe(outcome);
}
