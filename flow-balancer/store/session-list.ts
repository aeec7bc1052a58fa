/**
 * The sessions there are, with how busy each is. The load comes from the newest rows of `tasks`, read in
 * the order they came until they are too old to count: an index on their sessions would be written with
 * every task, to be read once in a while.
 */

import type { Database } from "bun:sqlite";
import type { SessionId } from "../core/ids.ts";
import {
  sessionMode,
  usualRate,
  type SessionLoad,
  type SessionMode,
} from "../core/session.ts";
import type { EpochMs } from "../core/time.ts";

export interface SessionSummary {
  readonly id: SessionId;
  readonly name: string | null;
  readonly mode: SessionMode | "closed";
  /** Of its state; 0: nothing saved. */
  readonly version: number;
  /** Of its state as JSON. */
  readonly bytes: number;
  /** Null for one of a connection, of which nothing is kept. */
  readonly openedAt: EpochMs | null;
  readonly lastUsedAt: EpochMs | null;
  readonly closedAt: EpochMs | null;
  readonly inFlight: number;
  /** Tasks submitted in the last minute. */
  readonly tasksPerMinute: number;
  /** And in a usual one before; null: it has no usual rate. */
  readonly usualPerMinute: number | null;
}

const MINUTE_MS = 60_000;
/** How far back a session's usual rate is looked for. */
const WINDOW_MS = 15 * MINUTE_MS;
/** No more rows than this are read: about 2 ms. With more than that in the window, the window is shorter. */
const MAX_ROWS = 5_000;

interface Row {
  readonly id: SessionId;
  readonly name: string | null;
  readonly version: number;
  readonly bytes: number;
  readonly openedAt: EpochMs | null;
  readonly lastUsedAt: EpochMs | null;
  readonly closedAt: EpochMs | null;
}

interface Recent {
  /** Held by nobody. */
  waiting: number;
  lastMinute: number;
  before: number;
  firstAt: number;
  newestAt: number;
}

/** The last used first; closed ones with `closed`. Reads only, so any connection will do. */
export function listSessions(
  raw: Database,
  now: EpochMs,
  { closed = false }: { readonly closed?: boolean } = {},
): SessionSummary[] {
  const { of, since } = recentTasks(raw, now);
  const held = heldTasks(raw);
  const rows = raw
    .query<Row, []>(
      `SELECT id, name, version, state_bytes AS bytes, opened_at AS openedAt,
              last_used_at AS lastUsedAt, closed_at AS closedAt
       FROM sessions ${closed ? "" : "WHERE closed_at IS NULL"}`,
    )
    .all();
  const known = new Set(rows.map(({ id }) => id));
  for (const id of of.keys())
    if (!known.has(id)) rows.push(...unknown(raw, id));
  return rows
    .map((row) =>
      summary(row, of.get(row.id), held.get(row.id) ?? 0, since, now),
    )
    .sort(
      (a, b) =>
        (b.lastUsedAt ?? b.openedAt ?? 0) - (a.lastUsedAt ?? a.openedAt ?? 0) ||
        (a.id < b.id ? -1 : 1),
    );
}

/** One that only its tasks tell of; none for a closed one that was left out. */
function unknown(raw: Database, id: SessionId): Row[] {
  const isClosed = raw.query("SELECT 1 FROM sessions WHERE id = ?").get(id);
  if (isClosed !== null) return [];
  const nothing = { name: null, version: 0, bytes: 0 };
  return [{ id, ...nothing, openedAt: null, lastUsedAt: null, closedAt: null }];
}

function summary(
  row: Row,
  recent: Recent | undefined,
  held: number,
  since: number,
  now: EpochMs,
): SessionSummary {
  const used = Math.max(row.lastUsedAt ?? 0, recent?.newestAt ?? 0);
  const lastUsedAt = used === 0 ? null : (used as EpochMs);
  // Longer ago than is looked, or since its first task.
  const seenSince = Math.max(since, row.openedAt ?? recent?.firstAt ?? now);
  const load: SessionLoad = {
    inFlight: held + (recent?.waiting ?? 0),
    lastMinute: recent?.lastMinute ?? 0,
    before: recent?.before ?? 0,
    beforeMs: Math.max(0, now - MINUTE_MS - seenSince),
    idleMs: lastUsedAt === null ? null : Math.max(0, now - lastUsedAt),
  };
  return {
    ...row,
    lastUsedAt,
    mode: row.closedAt === null ? sessionMode(load) : "closed",
    inFlight: load.inFlight,
    tasksPerMinute: load.lastMinute,
    usualPerMinute: usualRate(load),
  };
}

/** However long ago they were submitted: those that are held have an index. */
function heldTasks(raw: Database): Map<SessionId, number> {
  const rows = raw
    .query<{ session: SessionId; n: number }, []>(
      `SELECT session, count(*) AS n FROM tasks
       WHERE holder IS NOT NULL AND queue = 'pool' AND session IS NOT NULL GROUP BY session`,
    )
    .all();
  return new Map(rows.map(({ session, n }) => [session, n]));
}

/** `since`: nothing before that was looked at. */
function recentTasks(
  raw: Database,
  now: EpochMs,
): { readonly of: Map<SessionId, Recent>; readonly since: number } {
  const of = new Map<SessionId, Recent>();
  let since = now - WINDOW_MS;
  let rows = 0;
  const newest = raw
    .query<{ session: SessionId | null; isWaiting: number; at: number }, []>(
      `SELECT iif(queue = 'pool', session, NULL) AS session, submitted_at AS at,
              state = 'queued' AND holder IS NULL AS isWaiting
       FROM tasks ORDER BY seq DESC LIMIT ${MAX_ROWS}`,
    )
    .iterate();
  for (const { session, isWaiting, at } of newest) {
    if (at < since) break;
    if (++rows === MAX_ROWS) since = at;
    if (session !== null) count(of, session, isWaiting === 1, at, now);
  }
  return { of, since };
}

function count(
  of: Map<SessionId, Recent>,
  session: SessionId,
  isWaiting: boolean,
  at: number,
  now: EpochMs,
): void {
  let recent = of.get(session);
  if (recent === undefined) {
    recent = {
      waiting: 0,
      lastMinute: 0,
      before: 0,
      firstAt: at,
      newestAt: at,
    };
    of.set(session, recent);
  }
  if (isWaiting) recent.waiting++;
  if (at > now - MINUTE_MS) recent.lastMinute++;
  else recent.before++;
  recent.firstAt = Math.min(recent.firstAt, at);
  recent.newestAt = Math.max(recent.newestAt, at);
}
