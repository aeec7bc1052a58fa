/**
 * What is learned of the patience of clients while this server runs, and in the store for later ones and
 * the others. Saved with each call that is given up, which are few.
 */

import { PatienceLearner } from "../orchestrator/learning/patience-learner.ts";
import type { Patience } from "./core/patience.ts";
import type { Env } from "./core/ports.ts";
import type { Log } from "./stderr-log.ts";
import type { Store } from "./store/database.ts";
import { LearnedStates } from "./store/learned-states.ts";

const LEARNER = "patience";
const VERSION = 1;
/** Another server saved meanwhile: that is added, and it is tried again. */
const TRIES = 3;
/** Calls that a client gives up within it were ended by one act: somebody stopped all that ran, ms. */
const SAME_MOMENT_MS = 250;

export interface ClientPatienceOptions {
  readonly env: Env;
  readonly log: Log;
  readonly store: Store;
  /** What its name tells, or the settings. */
  readonly patienceMs: (client: string | null) => number;
}

export class ClientPatience implements Patience {
  readonly #options: ClientPatienceOptions;
  /** Made with the first wait: a start is to wait for nothing it can do without. */
  #stored: LearnedStates | null = null;
  /** As it is stored, with what is not saved yet; null: not read so far. */
  #known: PatienceLearner | null = null;
  #unsaved = PatienceLearner.empty();
  #saving: Promise<void> = Promise.resolve();
  #lastGivenUp = { client: "", at: -Infinity };

  constructor(options: ClientPatienceOptions) {
    this.#options = options;
  }

  knownMs(client: string | null): number {
    return this.#options.patienceMs(client);
  }

  limitMs(client: string | null): number {
    const knownMs = this.knownMs(client);
    return client === null
      ? knownMs
      : this.#learner().patienceMs(client, knownMs);
  }

  waited(client: string | null, waitedMs: number, gaveUp: boolean): void {
    if (client === null || (gaveUp && this.#isOfOneAct(client))) return;
    const isNews = this.#learner().observeWait(client, waitedMs, gaveUp);
    this.#unsaved.observeWait(client, waitedMs, gaveUp);
    if (isNews) this.#saving = this.#saving.then(() => this.#save());
  }

  /** Short lines for a person. */
  explain(client: string): string[] {
    return this.#learner().explain(client, this.knownMs(client));
  }

  #isOfOneAct(client: string): boolean {
    const at = this.#options.env.mono();
    const last = this.#lastGivenUp;
    this.#lastGivenUp = { client, at };
    return last.client === client && at - last.at < SAME_MOMENT_MS;
  }

  get #states(): LearnedStates {
    const { store, env } = this.#options;
    return (this.#stored ??= new LearnedStates(store, env));
  }

  #learner(): PatienceLearner {
    return (this.#known ??= this.#read().learner);
  }

  #read(): { readonly learner: PatienceLearner; readonly revision: number } {
    const { state, revision, warning } = this.#states.load(LEARNER, VERSION);
    if (warning !== null) this.#warn("learned.damaged", warning);
    if (state === null) return { learner: PatienceLearner.empty(), revision };
    try {
      const before = this.#known ?? undefined;
      return { learner: PatienceLearner.restore(state, before), revision };
    } catch (thrown) {
      this.#warn("learned.damaged", thrown);
      return { learner: PatienceLearner.empty(), revision };
    }
  }

  /** Never rejects. */
  async #save(): Promise<void> {
    const own = this.#unsaved;
    this.#unsaved = PatienceLearner.empty();
    try {
      for (let left = TRIES; left > 0; left--) {
        const { learner: all, revision } = this.#read();
        all.merge(own.snapshot());
        // It goes by no outcomes.
        const next = { seq: 0, state: all.snapshot() };
        if (!(await this.#states.swap(LEARNER, VERSION, revision, next)))
          continue;
        all.merge(this.#unsaved.snapshot());
        this.#known = all;
        return;
      }
      throw new Error("other servers saved at the same time, again and again");
    } catch (thrown) {
      own.merge(this.#unsaved.snapshot());
      this.#unsaved = own;
      this.#warn("learned.not_saved", thrown);
    }
  }

  #warn(event: string, thrown: unknown): void {
    this.#options.log("warn", event, {
      learner: LEARNER,
      error: String(thrown),
    });
  }
}
