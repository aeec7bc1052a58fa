/**
 * What is learned of the patience of clients while this server runs, and in the store for later ones and
 * the others. Saved with each call that is given up, which are few, and when the server ends.
 */

import { PatienceLearner } from "../orchestrator/learning/patience-learner.ts";
import type { Patience } from "./core/patience.ts";
import { SharedLearning, type SharedParts } from "./shared-learning.ts";

/** Calls that a client gives up within it were ended by one act: somebody stopped all that ran, ms. */
const SAME_MOMENT_MS = 250;

export interface ClientPatienceOptions extends SharedParts {
  /** What its name tells, or the settings. */
  readonly patienceMs: (client: string | null) => number;
}

export class ClientPatience implements Patience {
  readonly #options: ClientPatienceOptions;
  readonly #learning: SharedLearning<PatienceLearner, PatienceLearner>;
  #lastGivenUp = { client: "", at: -Infinity };

  constructor(options: ClientPatienceOptions) {
    this.#options = options;
    this.#learning = new SharedLearning(options, {
      learner: "patience",
      version: 1,
      nothingKnown: () => PatienceLearner.empty(),
      nothingSeen: () => PatienceLearner.empty(),
      restore: (state, before) =>
        PatienceLearner.restore(state, before ?? undefined),
      added: (known, seen) => merged(known, seen),
      joined: (older, newer) => merged(older, newer),
      snapshot: (known) => known.snapshot(),
    });
  }

  knownMs(client: string | null): number {
    return this.#options.patienceMs(client);
  }

  limitMs(client: string | null): number {
    const knownMs = this.knownMs(client);
    return client === null
      ? knownMs
      : this.#learning.known.patienceMs(client, knownMs);
  }

  waited(client: string | null, waitedMs: number, gaveUp: boolean): void {
    if (client === null || (gaveUp && this.#isOfOneAct(client))) return;
    const isNews = this.#learning.see((known, unsaved) => {
      unsaved.observeWait(client, waitedMs, gaveUp);
      return known.observeWait(client, waitedMs, gaveUp);
    });
    if (isNews) void this.save();
  }

  /** See `SharedLearning`. */
  save(): Promise<void> {
    return this.#learning.save();
  }

  /** Short lines for a person. */
  explain(client: string): string[] {
    return this.#learning.known.explain(client, this.knownMs(client));
  }

  #isOfOneAct(client: string): boolean {
    const at = this.#options.env.mono();
    const last = this.#lastGivenUp;
    this.#lastGivenUp = { client, at };
    return last.client === client && at - last.at < SAME_MOMENT_MS;
  }
}

function merged(into: PatienceLearner, from: PatienceLearner): PatienceLearner {
  into.merge(from.snapshot());
  return into;
}
