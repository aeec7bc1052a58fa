/**
 * The limits of runs, learned from the outcomes of all servers of the home in the order in which they
 * were stored. It looks for new ones when it is asked for a limit, so a server that is idle does nothing;
 * what it knows is saved now and then and when the server ends, and the next one goes on from there.
 */

import type { Env } from "./core/ports.ts";
import type { RunLimit } from "./core/run-limit.ts";
import type { KindTimeouts } from "./core/timeout-stats.ts";
import type {
  DeadlineLearner,
  DeadlineOptions,
} from "../orchestrator/learning/deadline-learner.ts";
import { SNAPSHOT_VERSION } from "../orchestrator/learning/deadline-snapshot.ts";
import { DEADLINES, learnFrom, savedDeadlines } from "./read-deadlines.ts";
import type { Log } from "./stderr-log.ts";
import type { Store } from "./store/database.ts";
import { LearnedStates } from "./store/learned-states.ts";
import { OutcomeLog } from "./store/outcome-log.ts";

/** A limit is at most so much behind what was stored, ms: a look costs some microseconds. */
const LOOK_EVERY_MS = 100;
/** Outcomes learned from in one go: a few milliseconds. */
const SLICE = 1_000;
/** Saved when so many are new, at most so often (ms): what a crash loses is learned again from the outcomes. */
const SAVE_AFTER = 256;
const SAVE_EVERY_MS = 60_000;

interface Parts {
  readonly store: Store;
  readonly env: Env;
  readonly log: Log;
  readonly options: DeadlineOptions;
}

export class DeadlineDesk {
  readonly #parts: Parts;
  readonly #outcomes: OutcomeLog;
  readonly #states: LearnedStates;
  readonly #learner: DeadlineLearner;
  /** Of the last outcome that was learned from. */
  #seq: number;
  #savedSeq: number;
  #savedAt: number;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isFollowing = false;
  /** The last look did: what fails with every look is told once. */
  #hasFailed = false;
  #saving: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  /** From what was saved. */
  constructor(parts: Parts) {
    const { store, env, log, options } = parts;
    this.#parts = parts;
    this.#outcomes = new OutcomeLog(store);
    this.#states = new LearnedStates(store, env);
    const { learner, seq, warning } = savedDeadlines(store.raw, options);
    if (warning !== null) log("warn", "learning.damaged", { warning });
    this.#learner = learner;
    this.#seq = this.#savedSeq = seq;
    this.#savedAt = env.mono();
  }

  /** Learns in the background what came since. */
  start(): void {
    this.#follow();
  }

  /** For the next run that nobody named a limit for. Never throws. */
  limitFor(kind: string, bucket: string): RunLimit {
    this.#look();
    return this.#learner.limit(kind, bucket);
  }

  /** Of `kind`; null: nothing was seen of it. With everything that was stored until now. */
  async statsOf(kind: string): Promise<KindTimeouts | null> {
    while (this.#learn() === SLICE)
      await new Promise((goOn) => setImmediate(goOn));
    return this.#learner.summary(kind)[0] ?? null;
  }

  /** Saves what is new. Never throws. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#saving;
    if (this.#seq > this.#savedSeq) await this.#save();
  }

  #look(): void {
    const now = this.#parts.env.mono();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    if (this.#learn() === SLICE) this.#follow();
    if (
      this.#seq - this.#savedSeq >= SAVE_AFTER &&
      now - this.#savedAt >= SAVE_EVERY_MS
    )
      this.#saving = this.#save();
  }

  /** Catches up in slices, between which others have their turn. */
  #follow(): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    setImmediate(() => {
      this.#isFollowing = false;
      if (!this.#isStopped && this.#learn() === SLICE) this.#follow();
    });
  }

  /** How many there were, `SLICE` at most. A store that cannot be read leaves what is known. */
  #learn(): number {
    try {
      const outcomes = this.#outcomes.after(this.#seq, SLICE);
      learnFrom(this.#learner, outcomes);
      this.#seq = outcomes.at(-1)?.seq ?? this.#seq;
      this.#hasFailed = false;
      return outcomes.length;
    } catch (thrown) {
      if (!this.#hasFailed)
        this.#parts.log("warn", "learning.failed", { error: String(thrown) });
      this.#hasFailed = true;
      return 0;
    }
  }

  async #save(): Promise<void> {
    const { env, log } = this.#parts;
    this.#savedAt = env.mono();
    this.#savedSeq = this.#seq;
    try {
      const state = this.#learner.snapshot();
      await this.#states.save(DEADLINES, SNAPSHOT_VERSION, this.#seq, state);
    } catch (thrown) {
      log("warn", "learning.not_saved", { error: String(thrown) });
    }
  }
}
