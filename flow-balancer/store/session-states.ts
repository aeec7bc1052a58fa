/**
 * What the pool asks and tells of sessions' states. A change counts from when a worker made it: the next
 * task of the session is given it while it is still on its way to disk. If it cannot be saved, because
 * another process saved first, all that was built on it is refused too.
 */

import { BalancerError } from "../core/errors.ts";
import type { SessionId } from "../core/ids.ts";
import type { Lease } from "../core/queue.ts";
import type { SessionState } from "../core/session.ts";
import type { SqliteSessions } from "./sqlite-sessions.ts";

export interface SessionStatesOptions {
  readonly sessions: SqliteSessions;
  /** The session outlives its connection, though nobody opened it: the client's own name for it. */
  readonly outlives: (session: SessionId) => boolean;
  /** What workers hold of it is not what is saved: see `forgetSession` of the pool. */
  readonly forget: (session: SessionId) => void;
  /** The generation before had to do. */
  readonly onDamage?: (session: SessionId, damage: string) => void;
}

/** One task's change of its session's state. */
export interface StateChange {
  /** It is known now that it cannot be saved: for the pool's `stateChanged`. */
  readonly isRefused: boolean;
  /**
   * To be called in the turn in which the task is settled, just before: then both are one transaction.
   * Null: it is saved. A text: it is refused, and why. Rejects with STORAGE_* where the store cannot be
   * written now; then call it again.
   */
  save(lease: Lease): Promise<string | null>;
}

export class SessionStates {
  readonly #options: SessionStatesOptions;
  /** The newest change of each session that is not on disk yet. */
  readonly #unsaved = new Map<SessionId, SessionState>();

  constructor(options: SessionStatesOptions) {
    this.#options = options;
  }

  /** For the pool's `sessionState`. Throws PAYLOAD_DAMAGED once the state is asked for. */
  current(session: SessionId): SessionState | null {
    const unsaved = this.#unsaved.get(session);
    if (unsaved !== undefined) return unsaved;
    const { sessions, outlives, onDamage } = this.#options;
    const version = sessions.versionNow(session);
    if (version === null)
      return outlives(session) ? { version: 0, json: "{}" } : null;
    return new SavedState(version, () => {
      const loaded = sessions.loadNow(session);
      if (loaded !== null && loaded.damage !== null)
        onDamage?.(session, loaded.damage);
      return loaded;
    });
  }

  /** What a worker left, for the pool's `stateChanged`. */
  changed(session: SessionId, json: string, baseVersion: number): StateChange {
    const present = this.current(session)?.version ?? 0;
    if (present !== baseVersion) {
      const why = refusedNow(session, present, baseVersion);
      return { isRefused: true, save: () => Promise.resolve(why) };
    }
    const change = { version: baseVersion + 1, json };
    this.#unsaved.set(session, change);
    let answer: Promise<string | null> | null = null;
    return {
      isRefused: false,
      save: (lease) => {
        answer ??= this.#save(session, change, lease).catch(
          (thrown: unknown) => {
            answer = null;
            throw thrown;
          },
        );
        return answer;
      },
    };
  }

  async #save(
    session: SessionId,
    change: SessionState,
    lease: Lease,
  ): Promise<string | null> {
    const { sessions, outlives, forget } = this.#options;
    const { version, json } = change;
    try {
      const create = outlives(session);
      await sessions.save(session, json, version - 1, { create, lease });
      if (this.#unsaved.get(session) === change) this.#unsaved.delete(session);
      return null;
    } catch (thrown) {
      if (!(thrown instanceof BalancerError) || thrown.retryable) throw thrown;
      this.#unsaved.delete(session);
      forget(session);
      return thrown.message;
    }
  }
}

/** Read when it is asked for: a worker that holds this version needs no more than its number. */
class SavedState implements SessionState {
  #version: number;
  readonly #load: () => SessionState | null;

  constructor(version: number, load: () => SessionState | null) {
    this.#version = version;
    this.#load = load;
  }

  get version(): number {
    return this.#version;
  }

  /** Another process may have saved meanwhile: then the version is that one's. */
  get json(): string {
    const loaded = this.#load();
    this.#version = loaded?.version ?? 0;
    return loaded?.json ?? "{}";
  }
}

const refusedNow = (
  session: SessionId,
  present: number,
  base: number,
): string =>
  `the state of session '${session}' was not saved: ${
    base < 0
      ? "the change was made from a state that was refused"
      : `the change was made from version ${base}, and another worker has made version ${present} meanwhile`
  }`;
