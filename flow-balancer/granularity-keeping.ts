/**
 * What is learned of chunk sizes while this server runs, and in the store for later ones. A server saves
 * only what it has seen itself since it saved last, added to what the others saved meanwhile: sums of
 * chunks add up in any order.
 */

import {
  restoreGranularity,
  snapshotGranularity,
} from "../orchestrator/learning/granularity-snapshot.ts";
import {
  chunkerOf,
  type GranularityMemory,
  mergeGranularity,
  newGranularityMemory,
  observeChunk,
} from "../orchestrator/learning/granularity.ts";
import { recommendSplit } from "../orchestrator/learning/recommend-split.ts";
import type {
  Chunking,
  JobChunker,
  SplitAdvice,
  SplitAsk,
} from "./core/chunking.ts";
import type { Env } from "./core/ports.ts";
import type { Log } from "./stderr-log.ts";
import type { Store } from "./store/database.ts";
import { LearnedStates } from "./store/learned-states.ts";
import type { LearnedState } from "./store/read-learned.ts";

export const LEARNER = "granularity";
export const VERSION = 1;
/** Another server saved meanwhile: that is added, and it is tried again. */
const TRIES = 3;

export interface GranularityKeepingOptions {
  readonly env: Env;
  readonly log: Log;
  readonly store: Store;
  readonly listKind: (kind: string) => string | null;
}

export class GranularityKeeping implements Chunking {
  readonly #options: GranularityKeepingOptions;
  readonly #states: LearnedStates;
  /** As it is stored, with what is not saved yet; null: not read so far. */
  #known: GranularityMemory | null = null;
  #unsaved = newGranularityMemory();
  #saving: Promise<void> = Promise.resolve();

  constructor(options: GranularityKeepingOptions) {
    this.#options = options;
    this.#states = new LearnedStates(options.store, options.env);
  }

  listKind(kind: string): string | null {
    return this.#options.listKind(kind);
  }

  chunkerOf(kind: string): JobChunker {
    const job = chunkerOf(this.#memory(), kind);
    return {
      next: (state) => job.next(state),
      expectedMs: (items) => job.expectedMs(items),
      ended: (run) => {
        job.ended(run);
        const now = this.#options.env.now();
        observeChunk(this.#memory(), kind, run, now);
        observeChunk(this.#unsaved, kind, run, now);
      },
    };
  }

  save(): Promise<void> {
    return (this.#saving = this.#saving.then(() => this.#save()));
  }

  recommend(ask: SplitAsk): SplitAdvice {
    return recommendSplit(ask, this.#memory());
  }

  #memory(): GranularityMemory {
    return (this.#known ??= this.#read().memory);
  }

  #read(): { readonly memory: GranularityMemory; readonly revision: number } {
    const loaded = this.#states.load(LEARNER, VERSION);
    const { memory, warning } = granularityOf(loaded);
    if (warning !== null)
      this.#options.log("warn", "learned.damaged", { warning });
    return { memory, revision: loaded.revision };
  }

  async #save(): Promise<void> {
    if (this.#unsaved.kinds.size === 0) return;
    const own = this.#unsaved;
    this.#unsaved = newGranularityMemory();
    try {
      const all = await this.#added(own);
      this.#known = mergeGranularity(all, this.#unsaved);
    } catch (thrown) {
      this.#unsaved = mergeGranularity(own, this.#unsaved);
      this.#options.log("warn", "learned.not_saved", {
        learner: LEARNER,
        error: String(thrown),
      });
    }
  }

  /** To what is stored; answers with the sum. */
  async #added(own: GranularityMemory): Promise<GranularityMemory> {
    for (let left = TRIES; left > 0; left--) {
      const { memory, revision } = this.#read();
      const all = mergeGranularity(memory, own);
      const next = { seq: 0, state: snapshotGranularity(all) };
      if (await this.#states.swap(LEARNER, VERSION, revision, next)) return all;
    }
    throw new Error("other servers saved at the same time, again and again");
  }
}

/** What is damaged is as good as not there. */
export function granularityOf({ state, warning }: LearnedState): {
  readonly memory: GranularityMemory;
  readonly warning: string | null;
} {
  if (state === null) return { memory: newGranularityMemory(), warning };
  try {
    return { memory: restoreGranularity(state), warning };
  } catch (thrown) {
    return { memory: newGranularityMemory(), warning: String(thrown) };
  }
}
