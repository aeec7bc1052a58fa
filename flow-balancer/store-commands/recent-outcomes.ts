/** The outcomes of a window, the newest first: read from the end, as far as the window goes back. */

import type { Database } from "bun:sqlite";
import type { Ended } from "../commands/stats/work-figures.ts";
import type { EpochMs } from "../core/time.ts";
import { hasTable } from "./rows.ts";

export interface SeenOutcome extends Ended {
  readonly seq: number;
}

const COLUMNS =
  "seq, kind, state, tier, wait_ms AS waitMs, start_ms AS startMs, run_ms AS runMs, settled_at AS settledAt";

/** What is damaged is no outcome. */
const IS_WHOLE = "typeof(kind) = 'text'";

/** Rows lie in the order of their commits: one that ended before the window can stand before one of the window by as long as a commit may take. */
const COMMIT_SLACK_MS = 60_000;

export function recentOutcomes(
  db: Database,
  since: EpochMs,
  kind: string | null = null,
): SeenOutcome[] {
  if (!hasTable(db, "outcomes")) return [];
  const found: SeenOutcome[] = [];
  const rows = db
    .query<SeenOutcome, (string | number)[]>(
      kind === null
        ? `SELECT ${COLUMNS} FROM outcomes WHERE ${IS_WHOLE} ORDER BY seq DESC`
        : `SELECT ${COLUMNS} FROM outcomes WHERE kind = ? ORDER BY seq DESC`,
    )
    .iterate(...(kind === null ? [] : [kind]));
  for (const row of rows) {
    if (row.settledAt < since - COMMIT_SLACK_MS) break;
    if (row.settledAt >= since) found.push(row);
  }
  return found;
}

/** Those that were committed after outcome `seq`, the oldest first. */
export const outcomesAfter = (
  db: Database,
  seq: number,
  limit: number,
): SeenOutcome[] =>
  hasTable(db, "outcomes")
    ? db
        .query<SeenOutcome, [number, number]>(
          `SELECT ${COLUMNS} FROM outcomes WHERE seq > ? AND ${IS_WHOLE} ORDER BY seq LIMIT ?`,
        )
        .all(seq, limit)
    : [];

/** Of the first that is kept. */
export const firstOutcomeAt = (db: Database): EpochMs | null =>
  hasTable(db, "outcomes")
    ? (db
        .query<{ at: EpochMs }, []>(
          "SELECT settled_at AS at FROM outcomes ORDER BY seq LIMIT 1",
        )
        .get()?.at ?? null)
    : null;

/** All kinds that ever ended, by the index alone: a step a kind. */
export const endedKinds = (db: Database): string[] =>
  hasTable(db, "outcomes")
    ? db
        .query<{ kind: string }, []>(
          `WITH RECURSIVE k(kind) AS (SELECT min(kind) FROM outcomes
             UNION ALL SELECT (SELECT min(o.kind) FROM outcomes o WHERE o.kind > k.kind) FROM k WHERE k.kind IS NOT NULL)
           SELECT kind FROM k WHERE ${IS_WHOLE} LIMIT 1000`,
        )
        .all()
        .map(({ kind }) => kind)
    : [];
