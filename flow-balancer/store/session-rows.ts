/** The statements of sessions, and how a row is read. */

import type { Statement } from "bun:sqlite";
import { and, eq, isNull, or, sql } from "drizzle-orm";
import { unpackText, type StoredText } from "../codec/stored-text.ts";
import { BalancerError } from "../core/errors.ts";
import type { SessionId } from "../core/ids.ts";
import type { LoadedState, Session } from "../core/session.ts";
import type { EpochMs } from "../core/time.ts";
import type { Blobs } from "./blobs.ts";
import type { Store } from "./database.ts";
import { tasks } from "./schema.ts";
import { sessions } from "./shared-schema.ts";

export type SessionRow = typeof sessions.$inferSelect;

/** A state as a row keeps it: in itself, or by the name of a blob. */
export interface StoredState {
  readonly stateJson: StoredText | null;
  readonly blob: string | null;
  /** As JSON. */
  readonly stateBytes: number;
  /** What the blob holds; null: there is none. */
  readonly large: Uint8Array<ArrayBuffer> | null;
}

export type SessionStatements = ReturnType<typeof sessionStatements>;

export const sessionStatements = (store: Store) => ({
  ...ofSessions(store),
  ...ofStates(store),
});

function ofSessions({ raw, orm }: Store) {
  const p = sql.placeholder;
  const { sql: versionSql } = orm
    .select({ version: sessions.version })
    .from(sessions)
    .where(eq(sessions.id, p("id")))
    .toSQL();
  return {
    /** For every task of a session, so without drizzle. */
    version: raw.prepare(versionSql) as Statement<
      { version: number },
      [SessionId]
    >,
    row: orm
      .select()
      .from(sessions)
      .where(eq(sessions.id, p("id")))
      .limit(1)
      .prepare(),
    close: orm
      .update(sessions)
      .set({ closedAt: sql`${p("now")}` })
      .where(and(eq(sessions.id, p("id")), isNull(sessions.closedAt)))
      .prepare(),
    touch: orm
      .update(sessions)
      .set({ lastUsedAt: sql`max(coalesce(last_used_at, 0), ${p("now")})` })
      .where(eq(sessions.id, p("id")))
      .prepare(),
  };
}

function ofStates({ orm }: Store) {
  const p = sql.placeholder;
  return {
    /** The present generation becomes the one before, unless `keep` is 1. */
    save: orm
      .update(sessions)
      .set({
        version: sql`${p("version")}`,
        lastUsedAt: sql`${p("lastUsedAt")}`,
        stateJson: sql`${p("stateJson")}`,
        blob: sql`${p("blob")}`,
        stateBytes: sql`${p("stateBytes")}`,
        previousJson: sql`iif(${p("keep")}, previous_state, state)`,
        previousBlob: sql`iif(${p("keep")}, previous_blob, blob)`,
      })
      .where(eq(sessions.id, p("id")))
      .prepare(),
    /** Whether a task is held under a fence. */
    held: orm
      .select({ seq: tasks.seq })
      .from(tasks)
      .where(
        and(
          eq(tasks.id, p("id")),
          eq(tasks.fence, p("fence")),
          sql`${tasks.holder} IS NOT NULL`,
        ),
      )
      .prepare(),
    /** Some session needs the blob. */
    names: orm
      .select({ id: sessions.id })
      .from(sessions)
      .where(
        or(eq(sessions.blob, p("blob")), eq(sessions.previousBlob, p("blob"))),
      )
      .limit(1)
      .prepare(),
  };
}

export const toSession = (row: SessionRow): Session => ({
  id: row.id,
  name: row.name,
  openedAt: row.openedAt as EpochMs,
  closedAt: row.closedAt as EpochMs | null,
});

/** Throws PAYLOAD_DAMAGED, naming what is wrong with each generation. */
export function readState(row: SessionRow, blobs: Blobs): LoadedState {
  const { version } = row;
  if (version === 0) return { version, json: "{}", damage: null };
  const what = `the state of session '${row.id}', version ${version},`;
  try {
    const json = read(row.stateJson, row.blob, what, blobs);
    return { version, json, damage: null };
  } catch (thrown) {
    const damage = (thrown as Error).message;
    return { version, json: readPrevious(row, blobs, damage), damage };
  }
}

function readPrevious(row: SessionRow, blobs: Blobs, damage: string): string {
  const what = "the version before";
  if (row.version === 1) return "{}";
  try {
    return read(row.previousJson, row.previousBlob, what, blobs);
  } catch (thrown) {
    throw new BalancerError(
      "PAYLOAD_DAMAGED",
      `${damage}; ${(thrown as Error).message}`,
      {
        hint: "Close the session and open another one; check the disk.",
        cause: thrown,
      },
    );
  }
}

function read(
  stored: StoredText | null,
  blob: string | null,
  what: string,
  blobs: Blobs,
): string {
  if (stored === null && blob === null)
    throw new BalancerError("PAYLOAD_DAMAGED", `${what} is not there`);
  const json =
    stored === null
      ? textOf(blobs.read(blob ?? "", what))
      : unpackText(stored, what);
  // Short text alone has no checksum.
  if (typeof stored === "string" && !isObject(json))
    throw new BalancerError(
      "PAYLOAD_DAMAGED",
      `${what} is damaged: it is no JSON object`,
    );
  return json;
}

const textOf = (raw: Uint8Array): string =>
  Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString();

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
