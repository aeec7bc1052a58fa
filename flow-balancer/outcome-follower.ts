/**
 * Learns from the outcomes of all servers of the home in the order in which they were stored. It looks for
 * new ones when it is asked to, so a server that is idle does nothing; what was learned is saved now and
 * then and when the server ends, and the next one goes on from there.
 */

import type { Env } from "./core/ports.ts";
import type { ReadSlice } from "./outcome-slices.ts";
import type { Log } from "./server-log.ts";
import type { Store } from "./store/database.ts";
import { LearnedStates } from "./store/learned-states.ts";

/** What is known is at most so much behind what was stored, ms: a look costs some microseconds. */
const LOOK_EVERY_MS = 100;
/** Saved when so many are new: what a crash loses is learned again from the outcomes. */
const SAVE_AFTER = 256;

export interface FollowerParts {
  readonly store: Store;
  readonly env: Env;
  readonly log: Log;
}

/** A fold over outcomes, and its name in the store. */
export interface OutcomeFold<Seen> {
  readonly learner: string;
  /** Of the form of its state. */
  readonly version: number;
  /** Of the last outcome that is part of it already. */
  readonly seq: number;
  /** Saved at most so often, ms. */
  readonly saveEveryMs: number;
  readonly read: ReadSlice<Seen>;
  readonly learn: (seen: Seen) => void;
  /** Plain data. */
  readonly snapshot: () => object;
}

export class OutcomeFollower<Seen> {
  readonly #parts: FollowerParts;
  readonly #fold: OutcomeFold<Seen>;
  readonly #states: LearnedStates;
  #seq: number;
  /** Learned from since it was saved. */
  #unsaved = 0;
  #savedAt: number;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isFollowing = false;
  /** The last look did: what fails with every look is told once. */
  #hasFailed = false;
  #saving: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(parts: FollowerParts, fold: OutcomeFold<Seen>) {
    this.#parts = parts;
    this.#fold = fold;
    this.#states = new LearnedStates(parts.store, parts.env);
    this.#seq = fold.seq;
    this.#savedAt = parts.env.mono();
  }

  /** Of the last outcome that was looked at. */
  get seq(): number {
    return this.#seq;
  }

  /** Catches up in slices, between which others have their turn. */
  follow(): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    setImmediate(() => {
      this.#isFollowing = false;
      if (!this.#isStopped && this.#learn()) this.follow();
    });
  }

  /** One slice of what is new, if the last look was a while ago; the rest in the background. Never throws. */
  look(): void {
    const now = this.#parts.env.mono();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    if (this.#learn()) this.follow();
    const isDue = now - this.#savedAt >= this.#fold.saveEveryMs;
    if (isDue && this.#unsaved >= SAVE_AFTER) void this.#save();
  }

  /** Resolves with everything learned that was stored until now. Never rejects. */
  async caughtUp(): Promise<void> {
    while (this.#learn()) await turn();
  }

  /** Saves what is new. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#learn();
    await this.#save();
  }

  /** Whether there may be more. A store that cannot be read leaves what is known; what cannot be learned from does not come again. */
  #learn(): boolean {
    try {
      const { seen, seq, isMore } = this.#fold.read(this.#seq);
      this.#seq = seq;
      this.#unsaved += seen.length;
      for (const it of seen) this.#fold.learn(it);
      this.#hasFailed = false;
      return isMore;
    } catch (thrown) {
      if (!this.#hasFailed) this.#warn("learning.failed", thrown);
      this.#hasFailed = true;
      return false;
    }
  }

  /** One after the other. Never rejects. */
  #save(): Promise<void> {
    this.#savedAt = this.#parts.env.mono();
    return (this.#saving = this.#saving.then(() => this.#write()));
  }

  async #write(): Promise<void> {
    const { learner, version } = this.#fold;
    const unsaved = this.#unsaved;
    if (unsaved === 0) return;
    this.#unsaved = 0;
    try {
      const seq = this.#seq;
      const state = this.#fold.snapshot();
      // To write it as text takes as long as to make it: others have their turn between.
      await turn();
      await this.#states.save(learner, version, seq, state);
    } catch (thrown) {
      this.#unsaved += unsaved;
      this.#warn("learning.not_saved", thrown);
    }
  }

  #warn(event: string, thrown: unknown): void {
    const { learner } = this.#fold;
    this.#parts.log("warn", event, { learner, error: String(thrown) });
  }
}

const turn = (): Promise<void> =>
  new Promise((goOn) => setImmediate(() => goOn()));
