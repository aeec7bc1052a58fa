/** What is learned of chunk sizes while this server runs, and in the store for later ones. */

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
import {
  type Learning,
  SharedLearning,
  type SharedParts,
} from "./shared-learning.ts";

/** Sums of chunks add up in any order. */
export const GRANULARITY = {
  learner: "granularity",
  version: 1,
  nothingKnown: newGranularityMemory,
  nothingSeen: newGranularityMemory,
  restore: restoreGranularity,
  added: mergeGranularity,
  joined: mergeGranularity,
  snapshot: snapshotGranularity,
} satisfies Learning<GranularityMemory, GranularityMemory>;

export interface GranularityKeepingOptions extends SharedParts {
  readonly listKind: (kind: string) => string | null;
}

export class GranularityKeeping implements Chunking {
  readonly #options: GranularityKeepingOptions;
  readonly #learning: SharedLearning<GranularityMemory, GranularityMemory>;

  constructor(options: GranularityKeepingOptions) {
    this.#options = options;
    this.#learning = new SharedLearning(options, GRANULARITY);
  }

  listKind(kind: string): string | null {
    return this.#options.listKind(kind);
  }

  chunkerOf(kind: string): JobChunker {
    const job = chunkerOf(this.#learning.known, kind);
    return {
      next: (state) => job.next(state),
      expectedMs: (items) => job.expectedMs(items),
      ended: (run) => {
        job.ended(run);
        const now = this.#options.env.now();
        this.#learning.see((known, unsaved) => {
          observeChunk(known, kind, run, now);
          observeChunk(unsaved, kind, run, now);
        });
      },
    };
  }

  save(): Promise<void> {
    return this.#learning.save();
  }

  recommend(ask: SplitAsk): SplitAdvice {
    return recommendSplit(ask, this.#learning.known);
  }
}
