/**
 * One task's change of its session's state, on its way to disk. One that was made from another that is on
 * its way too waits for that: saved one by one, by number alone, it could pass for a change of what
 * another process saved under the same number.
 */

import { BalancerError } from "../core/errors.ts";
import type { Lease } from "../core/queue.ts";
import type { SessionState } from "../core/session.ts";

export interface SettledWithState<T> {
  readonly settled: T;
  /** Why the state was not saved; null: it was. */
  readonly refused: string | null;
}

export class StateChange implements SessionState {
  readonly version: number;
  readonly json: string;
  /** Null once its fate is known. */
  #before: StateChange | null;
  readonly #prepare: () => Promise<unknown> | null;
  readonly #store: (lease: Lease) => Promise<void>;
  readonly #onRefused: () => void;
  #answer: "none" | "tried" | "saved" | "refused" = "none";
  #why: string | null;
  #saving: Promise<unknown> | null = null;

  /** `refused`: why it cannot be saved, where that is known. `store` throws what is no use to try again as a BalancerError that says so. */
  constructor(
    state: SessionState,
    options: {
      /** It was made from this one, which is not on disk yet. */
      readonly before: StateChange | null;
      readonly refused: string | null;
      /** Null: it is ready to be stored. */
      readonly prepare: () => Promise<unknown> | null;
      readonly store: (lease: Lease) => Promise<void>;
      readonly onRefused: () => void;
    },
  ) {
    this.version = state.version;
    this.json = state.json;
    this.#before = options.before;
    this.#prepare = options.prepare;
    this.#store = options.store;
    this.#onRefused = options.onRefused;
    this.#why = options.refused;
    if (options.refused !== null) this.#answer = "refused";
  }

  /** For the pool's `stateChanged`. */
  get isRefused(): boolean {
    return this.#answer === "refused";
  }

  /** Refused, that one takes this one with it. */
  isBuiltOn(other: StateChange): boolean {
    return this === other || (this.#before?.isBuiltOn(other) ?? false);
  }

  /**
   * Saves it in the transaction in which `settle` writes, if that writes in the turn in which it is called.
   * Rejects as `settle` does, and with STORAGE_* before it was called: then call this again.
   */
  saveWith<T>(
    lease: Lease,
    settle: () => Promise<T>,
  ): Promise<SettledWithState<T>> {
    const done = this.#saveWith(lease, settle);
    this.#saving = done.catch(() => {});
    return done;
  }

  async #saveWith<T>(
    lease: Lease,
    settle: () => Promise<T>,
  ): Promise<SettledWithState<T>> {
    if (this.#before !== null && this.#answer === "none")
      await this.#after(this.#before);
    const preparing = this.#answer === "none" ? this.#prepare() : null;
    if (preparing !== null) await preparing;
    // Before the task is settled: until then its lease is held.
    const saving = this.#save(lease);
    const [settled, saved] = await Promise.allSettled([settle(), saving]);
    if (settled.status === "rejected") throw settled.reason;
    // Now that the task has ended there is no lease under which to try again.
    if (saved.status === "rejected") this.#refuse(reasonOf(saved.reason));
    return { settled: settled.value, refused: this.#why };
  }

  async #after(before: StateChange): Promise<void> {
    await before.#saving;
    if (before.#answer === "tried")
      throw new BalancerError(
        "STORAGE_BUSY",
        "the change before this one is not saved yet",
      );
    this.#before = null;
    if (before.#answer !== "saved")
      this.#refuse("it was made from a change that was not saved");
  }

  #save(lease: Lease): Promise<void> {
    if (this.#answer === "saved" || this.#answer === "refused")
      return Promise.resolve();
    return this.#store(lease).then(
      () => void (this.#answer = "saved"),
      (thrown: unknown) => {
        this.#answer = "tried";
        if (!(thrown instanceof BalancerError) || thrown.retryable)
          throw thrown;
        this.#refuse(thrown.message);
      },
    );
  }

  #refuse(why: string): void {
    this.#answer = "refused";
    this.#why = why;
    this.#onRefused();
  }
}

const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
