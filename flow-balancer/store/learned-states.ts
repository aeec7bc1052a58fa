/**
 * What learners know, kept for the next server and shared with the others. Who learns from outcomes alone
 * saves a fold over them in their one order (outcome-log.ts), so of two such states the one that goes
 * further contains the other: it stays, whoever saves last. Who learns from more, or merges, swaps the state
 * it loaded for the next: only one of two that loaded the same succeeds, the other loads and merges again.
 * What is damaged is as good as not there; it is learned again.
 */

import type { Statement } from "bun:sqlite";
import { packText, type StoredText } from "../codec/stored-text.ts";
import type { Env } from "../core/ports.ts";
import type { Store } from "./database.ts";
import { type LearnedState, readLearned } from "./read-learned.ts";

/** Of one that is damaged, `load` says revision 0. */
const IS_COUNTED = "typeof(learned_states.revision) = 'integer'";

export class LearnedStates {
  readonly #store: Store;
  readonly #env: Env;
  readonly #save: Statement<
    unknown,
    [string, number, number, StoredText, number]
  >;
  readonly #swap: Statement<
    unknown,
    [string, number, number, StoredText, number, number]
  >;

  constructor(store: Store, env: Env) {
    this.#store = store;
    this.#env = env;
    // Of the same outcomes the same was learned, unless what is stored is damaged.
    this.#save = store.raw.prepare(
      `INSERT INTO learned_states (learner, version, seq, state, updated_at, revision) VALUES (?1, ?2, ?3, ?4, ?5, 1)
       ON CONFLICT (learner, version) DO UPDATE SET seq = excluded.seq, state = excluded.state, updated_at = excluded.updated_at,
         revision = CASE WHEN ${IS_COUNTED} THEN learned_states.revision + 1 ELSE 1 END
       WHERE excluded.seq >= learned_states.seq OR learned_states.seq > (SELECT coalesce(max(seq), 0) FROM outcomes)`,
    );
    this.#swap = store.raw.prepare(
      `INSERT INTO learned_states (learner, version, seq, state, updated_at, revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6 + 1)
       ON CONFLICT (learner, version) DO UPDATE SET seq = excluded.seq, state = excluded.state, updated_at = excluded.updated_at,
         revision = excluded.revision
       WHERE CASE WHEN ${IS_COUNTED} THEN learned_states.revision = ?6 ELSE ?6 = 0 END`,
    );
  }

  /** See `readLearned`. */
  load(learner: string, version: number): LearnedState {
    return readLearned(this.#store.raw, learner, version);
  }

  /**
   * `state` is plain data (what JSON has no word for is lost), a fold over all outcomes up to `seq`.
   * Resolves once it is on disk; false: one that goes further is there, and stays.
   */
  async save(
    learner: string,
    version: number,
    seq: number,
    state: object,
  ): Promise<boolean> {
    const at = this.#env.now();
    return this.#store.commit.writeWith(
      packText(JSON.stringify(state)),
      (text) => this.#save.run(learner, version, seq, text, at).changes === 1,
    );
  }

  /**
   * In place of the state that was loaded as `revision`; `seq` is 0 for who does not go by outcomes.
   * Resolves once it is on disk; false: another one was saved meanwhile, and stays.
   */
  async swap(
    learner: string,
    version: number,
    revision: number,
    { seq, state }: { readonly seq: number; readonly state: object },
  ): Promise<boolean> {
    const at = this.#env.now();
    return this.#store.commit.writeWith(
      packText(JSON.stringify(state)),
      (text) =>
        this.#swap.run(learner, version, seq, text, at, revision).changes === 1,
    );
  }
}
