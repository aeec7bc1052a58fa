/** The limits of runs, learned from the outcomes of all servers of the home. */

import type { RunLimit } from "./core/run-limit.ts";
import type { KindLimit, KindTimeouts } from "./core/timeout-stats.ts";
import type {
  DeadlineLearner,
  DeadlineOptions,
} from "../orchestrator/learning/deadline-learner.ts";
import { SNAPSHOT_VERSION } from "../orchestrator/learning/deadline-snapshot.ts";
import type { Outcome } from "./core/outcome.ts";
import { type FollowerParts, OutcomeFollower } from "./outcome-follower.ts";
import {
  DEADLINES,
  learnRun,
  runSlices,
  savedDeadlines,
} from "./read-deadlines.ts";

const SAVE_EVERY_MS = 60_000;

/** Of whose limits somebody is told who asks for all. */
const MOST_KINDS = 50;

interface Parts extends FollowerParts {
  readonly options: DeadlineOptions;
}

export class DeadlineDesk {
  readonly #learner: DeadlineLearner;
  readonly #follower: OutcomeFollower<Outcome>;

  /** From what was saved. */
  constructor({ options, ...parts }: Parts) {
    const { store, log } = parts;
    const { learner, seq, warning } = savedDeadlines(store.raw, options);
    if (warning !== null) log("warn", "learning.damaged", { warning });
    this.#learner = learner;
    this.#follower = new OutcomeFollower(parts, {
      learner: DEADLINES,
      version: SNAPSHOT_VERSION,
      seq,
      saveEveryMs: SAVE_EVERY_MS,
      read: runSlices(store.raw),
      learn: (outcome) => learnRun(learner, outcome),
      snapshot: () => learner.snapshot(),
    });
  }

  /** Learns in the background what came since. */
  start(): void {
    this.#follower.follow();
  }

  /** For the next run that nobody named a limit for. Never throws. */
  limitFor(kind: string, bucket: string): RunLimit {
    this.#follower.look();
    return this.#learner.limit(kind, bucket);
  }

  /** After how many ms a second run is worth it; null: too little is known. Never throws. */
  hedgeAfterMs(kind: string, bucket: string): number | null {
    this.#follower.look();
    return this.#learner.longRunMs(kind, bucket);
  }

  /** Of the kinds that ran last, the last one first. */
  kindLimits(): KindLimit[] {
    this.#follower.look();
    return this.#learner.kinds
      .slice(-MOST_KINDS)
      .reverse()
      .map((kind) => ({ kind, limit: this.#learner.limit(kind, "") }));
  }

  /** Of `kind`; null: nothing was seen of it. With everything that was stored until now. */
  async statsOf(kind: string): Promise<KindTimeouts | null> {
    await this.#follower.caughtUp();
    return this.#learner.summary(kind)[0] ?? null;
  }

  /** Saves what is new. Never rejects. */
  stop(): Promise<void> {
    return this.#follower.stop();
  }
}
