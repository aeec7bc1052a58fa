/** Sessions, how busy each is, and in which mode that puts it. */

import type { SessionsView } from "../../monitoring/api/shared-views.ts";
import { listSessions } from "../store/session-list.ts";
import type { Watched } from "./watch-parts.ts";

/** Closed ones are shown for so long, ms. */
const CLOSED_SHOWN_MS = 3_600_000;
const MOST = 500;

/** The last used first. */
export function sessionsOf({ store, env }: Watched): SessionsView {
  const now = env.now();
  const sessions = listSessions(store.raw, now, { closed: true })
    .filter(
      ({ closedAt }) => closedAt === null || now - closedAt < CLOSED_SHOWN_MS,
    )
    .slice(0, MOST);
  return {
    sessions: sessions.map((it) => ({
      id: it.id,
      name: it.name,
      mode: it.mode === "closed" ? "resting" : it.mode,
      opened_at: it.openedAt,
      closed_at: it.closedAt,
      last_used_at: it.lastUsedAt,
      in_flight: it.inFlight,
      tasks_last_minute: it.tasksPerMinute,
      usual_per_minute: it.usualPerMinute,
      state_bytes: it.bytes,
      state_version: it.version,
    })),
  };
}
