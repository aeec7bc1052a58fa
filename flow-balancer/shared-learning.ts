/**
 * What the servers of a home learn each from what it sees itself, and share through the store. A server
 * saves what it has seen since it saved last, added to what the others saved meanwhile: of two that save in
 * the same moment one finds that the other was first, and adds its own to that.
 */

import type { Env } from "./core/ports.ts";
import type { Log } from "./server-log.ts";
import type { Store } from "./store/database.ts";
import { LearnedStates } from "./store/learned-states.ts";
import type { LearnedState } from "./store/read-learned.ts";

/** Each time another server has saved, so that of ten that save at once each comes to it. */
const TRIES = 10;

export interface SharedParts {
  readonly env: Env;
  readonly log: Log;
  readonly store: Store;
}

/** How a learner keeps what it knows, and what is not saved yet of it. */
export interface Learning<Known, Seen> {
  /** Its name in the store. */
  readonly learner: string;
  /** Of the form of its state. */
  readonly version: number;
  readonly nothingKnown: () => Known;
  readonly nothingSeen: () => Seen;
  /** `before`: what was known here until now, if anything; not used any more. Throws for what is no state. */
  readonly restore: (state: unknown, before: Known | null) => Known;
  /** `known`, which may be changed, with `seen`, which stays. */
  readonly added: (known: Known, seen: Seen) => Known;
  /** Of what could not be saved, and what was seen since; both may be changed. Bounded. */
  readonly joined: (older: Seen, newer: Seen) => Seen;
  /** Plain data. */
  readonly snapshot: (known: Known) => object;
}

export class SharedLearning<Known, Seen> {
  readonly #parts: SharedParts;
  readonly #learning: Learning<Known, Seen>;
  /** Made when it is first needed: a start is to wait for nothing it can do without. */
  #stored: LearnedStates | null = null;
  /** As it is stored, with what is not saved yet; null: not read so far. */
  #known: Known | null = null;
  #unsaved: Seen;
  #isSaved = true;
  #saving: Promise<void> = Promise.resolve();

  constructor(parts: SharedParts, learning: Learning<Known, Seen>) {
    this.#parts = parts;
    this.#learning = learning;
    this.#unsaved = learning.nothingSeen();
  }

  /** With what was seen here so far. Never throws: where the store cannot be read nothing is known until something is saved. */
  get known(): Known {
    return (this.#known ??= this.#firstRead());
  }

  /** `note` adds the same to both. */
  see<T>(note: (known: Known, unsaved: Seen) => T): T {
    this.#isSaved = false;
    return note(this.known, this.#unsaved);
  }

  /** Resolves once all that was seen until now is saved, or could not be: then it is tried with the next. Never rejects. */
  save(): Promise<void> {
    return (this.#saving = this.#saving.then(() => this.#save()));
  }

  async #save(): Promise<void> {
    if (this.#isSaved) return;
    const { nothingSeen, added, joined } = this.#learning;
    const own = this.#unsaved;
    this.#unsaved = nothingSeen();
    this.#isSaved = true;
    try {
      const all = await this.#saved(own);
      this.#known = added(all, this.#unsaved);
    } catch (thrown) {
      this.#unsaved = joined(own, this.#unsaved);
      this.#isSaved = false;
      this.#warn("learned.not_saved", thrown);
    }
  }

  /** What is stored then: what was, with `own`. */
  async #saved(own: Seen): Promise<Known> {
    const { learner, version, added, snapshot } = this.#learning;
    for (let left = TRIES; left > 0; left--) {
      const { known, revision } = this.#read();
      const all = added(known, own);
      // It goes by no outcomes.
      const next = { seq: 0, state: snapshot(all) };
      if (await this.#states.swap(learner, version, revision, next)) return all;
    }
    throw new Error("other servers saved at the same time, again and again");
  }

  #firstRead(): Known {
    try {
      return this.#read().known;
    } catch (thrown) {
      this.#warn("learned.not_read", thrown);
      return this.#learning.nothingKnown();
    }
  }

  get #states(): LearnedStates {
    const { store, env } = this.#parts;
    return (this.#stored ??= new LearnedStates(store, env));
  }

  #read(): { readonly known: Known; readonly revision: number } {
    const { learner, version } = this.#learning;
    const loaded = this.#states.load(learner, version);
    const { known, warning } = restored(this.#learning, loaded, this.#known);
    if (warning !== null) this.#warn("learned.damaged", warning);
    return { known, revision: loaded.revision };
  }

  #warn(event: string, thrown: unknown): void {
    const { learner } = this.#learning;
    this.#parts.log("warn", event, { learner, error: String(thrown) });
  }
}

/** What is damaged is as good as not there: `seq` is 0 then, and nothing is passed over. `what`: "what was learned" unless said. */
export function restored<Known>(
  {
    what = "what was learned",
    nothingKnown,
    restore,
  }: Pick<Learning<Known, never>, "nothingKnown" | "restore"> & {
    readonly what?: string;
  },
  { state, seq, warning }: LearnedState,
  before: Known | null = null,
): {
  readonly known: Known;
  readonly seq: number;
  readonly warning: string | null;
} {
  if (state === null) return { known: nothingKnown(), seq: 0, warning };
  try {
    return { known: restore(state, before), seq, warning };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return {
      known: nothingKnown(),
      seq: 0,
      warning: `${what} is damaged: ${why}; it is learned again`,
    };
  }
}
