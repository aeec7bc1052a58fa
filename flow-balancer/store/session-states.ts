/**
 * What the pool asks and tells of sessions' states. A change counts from when a worker made it: the next
 * task of the session is given it while it is still on its way to disk. If it cannot be saved, because
 * another process saved first, all that was built on it is refused too.
 */

import type { SessionId } from "../core/ids.ts";
import type { SessionState } from "../core/session.ts";
import type { StoredState } from "./session-rows.ts";
import type { SqliteSessions } from "./sqlite-sessions.ts";
import { StateChange } from "./state-change.ts";

export interface SessionStatesOptions {
  readonly sessions: SqliteSessions;
  /** The session outlives its connection, though nobody opened it: it goes by the client's own name. */
  readonly outlives: (session: SessionId) => boolean;
  /** What workers hold of it is not what is saved: see `forgetSession` of the pool. */
  readonly forget: (session: SessionId) => void;
  /** The generation before had to do. */
  readonly onDamage?: (session: SessionId, damage: string) => void;
}

export class SessionStates {
  readonly #options: SessionStatesOptions;
  /** The newest change of each session that is not on disk yet. */
  readonly #unsaved = new Map<SessionId, StateChange>();

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

  /** What a worker left, as the pool's `stateChanged` tells it. */
  changed(session: SessionId, json: string, baseVersion: number): StateChange {
    const { sessions, outlives, forget } = this.#options;
    const present = this.current(session)?.version ?? 0;
    const before = this.#unsaved.get(session) ?? null;
    let stored: StoredState | null = null;
    const change: StateChange = new StateChange(
      { version: baseVersion + 1, json },
      {
        before,
        refused: refusal(present, baseVersion),
        prepare: () => {
          const preparing = stored ?? sessions.prepare(json);
          if (preparing instanceof Promise)
            return preparing.then((ready) => (stored = ready));
          stored = preparing;
          return null;
        },
        store: async (lease) => {
          const create = outlives(session);
          if (stored === null) throw new Error("it was not prepared");
          await sessions.saveStored(session, stored, baseVersion, {
            create,
            lease,
          });
          if (this.#unsaved.get(session) === change)
            this.#unsaved.delete(session);
        },
        onRefused: () => {
          // Else it went with the one it was built on, and what is there now has another origin.
          if (this.#unsaved.get(session)?.isBuiltOn(change) !== true) return;
          this.#unsaved.delete(session);
          forget(session);
        },
      },
    );
    if (!change.isRefused) this.#unsaved.set(session, change);
    return change;
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

function refusal(present: number, base: number): string | null {
  if (base < 0) return "it was made from a state that was refused";
  return present === base
    ? null
    : `it was made from version ${base}, and another worker has made version ${present} meanwhile`;
}
