/** Puts together what keeps the state of sessions: where it is stored, what the pool asks for, what is told when it could not be saved; and clears away what nobody uses any more. */

import type { SessionId } from "./core/ids.ts";
import type { Env } from "./core/ports.ts";
import type { StateKeeping } from "./state-keeping.ts";
import type { Log } from "./server-log.ts";
import { Blobs } from "./store/blobs.ts";
import type { Store } from "./store/database.ts";
import { SessionEvents } from "./store/session-events.ts";
import { SessionStates } from "./store/session-states.ts";
import { SqliteSessions } from "./store/sqlite-sessions.ts";

const DAY_MS = 86_400_000;
/** After the start, when there is less to do. */
const FIRST_LOOK_MS = 60_000;

export interface SessionKeepingParts {
  readonly store: Store;
  readonly env: Env;
  readonly home: string;
  readonly log: Log;
  /** Nobody opened it, but it goes by the client's own name and outlives its connection. */
  readonly outlives: (session: SessionId) => boolean;
  /** What workers hold of it is not what is saved. */
  readonly forget: (session: SessionId) => void;
  readonly keepDays: number;
}

export class SessionKeeping implements StateKeeping {
  readonly sessions: SqliteSessions;
  readonly states: SessionStates;
  readonly #events: SessionEvents;
  readonly #parts: SessionKeepingParts;
  #stopTimer: (() => void) | undefined;

  constructor(parts: SessionKeepingParts) {
    const { store, env, home, log, outlives, forget } = parts;
    this.#parts = parts;
    this.sessions = new SqliteSessions(store, env, new Blobs(home, env));
    this.#events = new SessionEvents(store, env);
    this.states = new SessionStates({
      sessions: this.sessions,
      outlives,
      forget,
      onDamage: (session, why) => {
        log("warn", "session_state.damaged", { session, why });
        void this.#events.damaged(session, why).catch(() => {});
      },
    });
  }

  changed(
    session: SessionId,
    json: string,
    baseVersion: number,
  ): ReturnType<SessionStates["changed"]> {
    return this.states.changed(session, json, baseVersion);
  }

  refused(
    ...[task, session, why]: Parameters<SessionEvents["refused"]>
  ): Promise<void> {
    return this.#events.refused(task, session, why);
  }

  /** Forgets from now on, once a day, what was not used for long. */
  start(): void {
    this.#plan(FIRST_LOOK_MS);
  }

  stop(): void {
    this.#stopTimer?.();
  }

  #plan(inMs: number): void {
    const { env, log, keepDays } = this.#parts;
    this.#stopTimer = env.timer(inMs, () => {
      this.sessions
        .expire(keepDays * DAY_MS)
        .catch((thrown: unknown) =>
          log("warn", "sessions.expire_failed", { error: String(thrown) }),
        );
      this.#plan(DAY_MS);
    });
  }
}
