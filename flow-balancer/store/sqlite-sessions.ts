/** Sessions as rows. */

import { and, eq, isNull } from "drizzle-orm";
import { sessionId, type SessionId } from "../core/ids.ts";
import type { Env, Session, SessionStore } from "../core/ports.ts";
import type { EpochMs } from "../core/time.ts";
import type { Store } from "./database.ts";
import { sessions } from "./schema.ts";

export class SqliteSessions implements SessionStore {
  readonly #store: Store;
  readonly #env: Env;

  constructor(store: Store, env: Env) {
    this.#store = store;
    this.#env = env;
  }

  open(name: string | null): Promise<Session> {
    return this.#store.commit.write(() => {
      const session: Session = {
        id: sessionId(this.#env.unique()),
        name,
        openedAt: this.#env.now(),
        closedAt: null,
      };
      this.#store.orm.insert(sessions).values(session).run();
      return session;
    });
  }

  close(id: SessionId): Promise<Session | null> {
    return this.#store.commit.write(() => {
      this.#store.orm
        .update(sessions)
        .set({ closedAt: this.#env.now() })
        .where(and(eq(sessions.id, id), isNull(sessions.closedAt)))
        .run();
      return this.#read(id);
    });
  }

  async get(id: SessionId): Promise<Session | null> {
    return this.#read(id);
  }

  #read(id: SessionId): Session | null {
    const row = this.#store.orm
      .select()
      .from(sessions)
      .where(eq(sessions.id, id))
      .limit(1)
      .get();
    if (row === undefined) return null;
    return {
      id: row.id,
      name: row.name,
      openedAt: row.openedAt as EpochMs,
      closedAt: row.closedAt as EpochMs | null,
    };
  }
}
