/**
 * Sessions as rows, and what they remember: small states in the row, large ones in a blob that is on disk
 * before the row that names it. A save names the version it was made from; the generation before is kept,
 * should the present one be damaged.
 */

import { lt, sql } from "drizzle-orm";
import { packText } from "../codec/stored-text.ts";
import { BalancerError } from "../core/errors.ts";
import { sessionId, type SessionId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type {
  LoadedState,
  SaveOptions,
  Session,
  SessionStore,
} from "../core/session.ts";
import type { EpochMs } from "../core/time.ts";
import type { Blobs } from "./blobs.ts";
import type { Store } from "./database.ts";
import {
  readState,
  sessionStatements,
  toSession,
  type SessionRow,
  type SessionStatements,
  type StoredState,
} from "./session-rows.ts";
import { sessions } from "./shared-schema.ts";

/** Larger states are files of their own: in a row they would be in the way of every look at it. */
const MAX_ROW_BYTES = 16_384;
/** Of an open session at most so often, ms: not a write a task. */
const TOUCH_EVERY_MS = 10_000;
/** Neither closed nor used since: forgotten. 30 days. */
const EXPIRES_AFTER_MS = 30 * 86_400_000;
/** A blob that nobody names may be one whose row is about to be written, ms. */
const GARBAGE_AFTER_MS = 3_600_000;
/** Blobs cleared away in one write: nobody is to wait long for the lock. */
const CLEARED_AT_ONCE = 100;
/** Times a state is read again because it was replaced meanwhile. */
const MAX_READS = 3;

type Saved =
  { readonly version: number; readonly dropped: string | null } | BalancerError;

export class SqliteSessions implements SessionStore {
  readonly #store: Store;
  readonly #env: Env;
  readonly #blobs: Blobs;
  readonly #sql: SessionStatements;
  readonly #touched = new Map<SessionId, EpochMs>();
  /** Versions that were found damaged: they do not take the place of the generation before. */
  readonly #damaged = new Map<SessionId, number>();

  constructor(store: Store, env: Env, blobs: Blobs) {
    this.#store = store;
    this.#env = env;
    this.#blobs = blobs;
    this.#sql = sessionStatements(store);
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
      this.#sql.close.run({ id, now: this.#env.now() });
      const row = this.#row(id);
      return row === undefined ? null : toSession(row);
    });
  }

  async get(id: SessionId): Promise<Session | null> {
    const row = this.#row(id);
    return row === undefined ? null : toSession(row);
  }

  async load(id: SessionId): Promise<LoadedState | null> {
    return this.loadNow(id);
  }

  /** As `load`, at once: about 10 us from a row; about 2 ms a MiB from a blob. */
  loadNow(id: SessionId): LoadedState | null {
    for (let reads = 1; ; reads++) {
      const row = this.#row(id);
      if (row === undefined) return null;
      try {
        const loaded = readState(row, this.#blobs);
        if (loaded.damage === null || !this.#isOutOfDate(row, reads)) {
          if (loaded.damage !== null) this.#damaged.set(id, row.version);
          return loaded;
        }
      } catch (thrown) {
        if (!this.#isOutOfDate(row, reads)) throw thrown;
      }
    }
  }

  /** Null if there is no such session. About 2 us. */
  versionNow(id: SessionId): number | null {
    return this.#sql.version.get(id)?.version ?? null;
  }

  /** What `saveStored` writes: a large state is on disk before. */
  prepare(json: string): StoredState | Promise<StoredState> {
    const raw = Buffer.from(json);
    const stateBytes = raw.length;
    if (stateBytes > MAX_ROW_BYTES)
      return this.#blobs
        .write(raw)
        .then((blob) => ({ stateJson: null, blob, stateBytes, large: raw }));
    const rest = { blob: null, stateBytes, large: null };
    const stateJson = packText(json);
    return stateJson instanceof Promise
      ? stateJson.then((it) => ({ ...rest, stateJson: it }))
      : { ...rest, stateJson };
  }

  async save(
    id: SessionId,
    json: string,
    expected: number,
    options: SaveOptions = {},
  ): Promise<number> {
    const stored = await this.prepare(json);
    return this.saveStored(id, stored, expected, options);
  }

  /** As `save`, in the transaction of this turn. */
  async saveStored(
    id: SessionId,
    stored: StoredState,
    expected: number,
    options: SaveOptions,
  ): Promise<number> {
    const saved = await this.#store.commit.write(() =>
      this.#save(id, stored, expected, options),
    );
    if (saved instanceof BalancerError) {
      await this.#clear([stored.blob]).catch(() => {});
      throw saved;
    }
    // It is saved: what could not be cleared away is found by `expire`.
    await this.#clear([saved.dropped]).catch(() => {});
    return saved.version;
  }

  /** It is in use. Written at most every 10 s a session. */
  async touch(id: SessionId): Promise<void> {
    const now = this.#env.now();
    const last = this.#touched.get(id);
    if (last !== undefined && Math.abs(now - last) < TOUCH_EVERY_MS) return;
    this.#forgetTouches(now);
    this.#touched.set(id, now);
    await this.#store.commit.write(() => this.#sql.touch.run({ id, now }));
  }

  /** Forgets sessions closed or unused for longer than that, and blobs that nobody names. How many sessions. */
  async expire(olderThanMs: number = EXPIRES_AFTER_MS): Promise<number> {
    const now = this.#env.now();
    const lastUse = sql`coalesce(${sessions.closedAt}, max(${sessions.openedAt}, coalesce(${sessions.lastUsedAt}, 0)))`;
    const gone = await this.#store.commit.write(() =>
      this.#store.orm
        .delete(sessions)
        .where(lt(lastUse, now - olderThanMs))
        .returning({ blob: sessions.blob, previous: sessions.previousBlob })
        .all(),
    );
    const blobs = gone.flatMap(({ blob, previous }) => [blob, previous]);
    const unnamed = (now - GARBAGE_AFTER_MS) as EpochMs;
    blobs.push(...(await this.#blobs.writtenBefore(unnamed)));
    // Looked at again under the lock; here it is only that most of them need not be.
    const named = this.#namedBlobs();
    const doubtful = blobs.filter((name) => name !== null && !named.has(name));
    for (let at = 0; at < doubtful.length; at += CLEARED_AT_ONCE)
      await this.#clear(doubtful.slice(at, at + CLEARED_AT_ONCE));
    return gone.length;
  }

  /** In a transaction: throws nothing that would undo what others wrote in it. */
  #save(
    id: SessionId,
    state: StoredState,
    expected: number,
    { create = false, lease }: SaveOptions,
  ): Saved {
    const row = this.#row(id);
    if (lease !== undefined && this.#sql.held.get({ ...lease }) === undefined)
      return leaseLost(id);
    if (row === undefined && !create) return notFound(id);
    if (row !== undefined && row.closedAt !== null) return closed(id);
    const present = row?.version ?? 0;
    if (present !== expected) return conflict(id, expected, present);
    const { large, ...columns } = state;
    // Under the lock that who clears blobs away holds too: it may have been one that nobody named.
    if (large !== null) this.#blobs.ensure(large);
    const now = this.#env.now();
    const values = { ...columns, version: expected + 1, lastUsedAt: now };
    const { orm } = this.#store;
    if (row === undefined) {
      orm
        .insert(sessions)
        .values({ id, openedAt: now, ...values })
        .run();
      return { version: expected + 1, dropped: null };
    }
    const keepsPrevious = this.#damaged.get(id) === present;
    this.#sql.save.run({ ...values, id, keep: keepsPrevious ? 1 : 0 });
    const dropped = keepsPrevious ? row.blob : row.previousBlob;
    return { version: expected + 1, dropped };
  }

  /** Removes those of these blobs that no session names. */
  #namedBlobs(): Set<string> {
    const rows = this.#store.orm
      .select({ blob: sessions.blob, previous: sessions.previousBlob })
      .from(sessions)
      .all();
    return new Set(
      rows.flatMap(({ blob, previous }) => [blob ?? "", previous ?? ""]),
    );
  }

  async #clear(names: readonly (string | null)[]): Promise<void> {
    const blobs = names.filter((name) => name !== null);
    if (blobs.length === 0) return;
    await this.#store.commit.write(() => {
      for (const blob of blobs)
        if (this.#sql.names.get({ blob }) === undefined)
          this.#blobs.remove(blob);
    });
  }

  #isOutOfDate({ id, version }: SessionRow, reads: number): boolean {
    return reads < MAX_READS && this.versionNow(id) !== version;
  }

  #forgetTouches(now: EpochMs): void {
    for (const [id, at] of this.#touched)
      if (now - at >= TOUCH_EVERY_MS) this.#touched.delete(id);
  }

  #row(id: SessionId): SessionRow | undefined {
    return this.#sql.row.get({ id });
  }
}

const leaseLost = (id: SessionId): BalancerError =>
  new BalancerError(
    "NOT_OWNER",
    `the state of session '${id}' was not saved: the task that changed it is another's by now`,
  );

const notFound = (id: SessionId): BalancerError =>
  new BalancerError(
    "NOT_FOUND",
    `the state of session '${id}' was not saved: there is no such session`,
  );

const closed = (id: SessionId): BalancerError =>
  new BalancerError(
    "SESSION_CLOSED",
    `the state of session '${id}' was not saved: the session is closed`,
  );

const conflict = (
  id: SessionId,
  expected: number,
  present: number,
): BalancerError =>
  new BalancerError(
    "VERSION_CONFLICT",
    `the state of session '${id}' was not saved: the change was made from ${expected < 0 ? "a state that was refused" : `version ${expected}`}, and version ${present} is saved`,
    {
      hint: "Another worker saved it first: run the task again to make the change from what is saved now.",
    },
  );
