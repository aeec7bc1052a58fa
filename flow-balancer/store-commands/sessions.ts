/** `flow-balancer sessions`: the sessions of this home, and how busy each is. */

import type { Database } from "bun:sqlite";
import type { Answer } from "../commands/answer.ts";
import { sessionsAnswer, type SessionView } from "../commands/sessions.ts";
import type { Terminal } from "../commands/terminal.ts";
import type { EpochMs } from "../core/time.ts";
import { listSessions } from "../store/session-list.ts";
import { readStoreOrNull, type Where } from "./read-store.ts";
import { hasColumn, readRows } from "./rows.ts";

/** The last used first; closed ones with `all`. */
export function sessions(
  { all }: { readonly all: boolean },
  where: Where,
  as: Terminal | "json",
): Answer {
  const now = where.env.now();
  const found = readStoreOrNull(where, ({ db }) =>
    hasColumn(db, "sessions", "last_used_at")
      ? listSessions(db, now, { closed: all })
      : oldSessions(db, all),
  );
  return sessionsAnswer(found ?? [], { all, now }, as);
}

interface OldRow {
  readonly id: string;
  readonly name: string | null;
  readonly openedAt: EpochMs;
  readonly closedAt: EpochMs | null;
}

/** Of a version that noted no use and kept no state. */
const oldSessions = (db: Database, all: boolean): SessionView[] =>
  readRows<OldRow>(
    db,
    "sessions",
    { id: "id", name: "name", openedAt: "opened_at", closedAt: "closed_at" },
    `${all ? "" : "WHERE closed_at IS NULL "}ORDER BY opened_at DESC, id`,
  ).map((row) => ({
    ...row,
    mode: row.closedAt === null ? "resting" : "closed",
    inFlight: 0,
    tasksPerMinute: 0,
    version: 0,
    bytes: 0,
    lastUsedAt: null,
  }));
