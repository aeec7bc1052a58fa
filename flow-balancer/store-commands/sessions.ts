/** `flow-balancer sessions`: what is stored of the sessions of this home. */

import type { Answer } from "../commands/answer.ts";
import { sessionsAnswer, type SessionView } from "../commands/sessions.ts";
import type { Terminal } from "../commands/terminal.ts";
import { readStoreOrNull, type Where } from "./read-store.ts";
import { readRows } from "./rows.ts";

const MOST = 1_000_000;

/** The last used first; closed ones with `all`. */
export function sessions(
  { all }: { readonly all: boolean },
  where: Where,
  as: Terminal | "json",
): Answer {
  const found =
    readStoreOrNull(where, ({ db }) =>
      readRows<Omit<SessionView, "mode">>(
        db,
        "sessions",
        {
          id: "id",
          name: "name",
          version: "version",
          bytes: "state_bytes",
          openedAt: "opened_at",
          lastUsedAt: "last_used_at",
          closedAt: "closed_at",
        },
        `${all ? "" : "WHERE closed_at IS NULL "}ORDER BY opened_at DESC, id LIMIT ?`,
        [MOST],
      ),
    ) ?? [];
  return sessionsAnswer(
    found.map((row) => ({
      ...row,
      version: row.version ?? 0,
      bytes: row.bytes ?? 0,
      mode: row.closedAt === null ? "open" : "closed",
    })),
    where.env.now(),
    as,
  );
}
