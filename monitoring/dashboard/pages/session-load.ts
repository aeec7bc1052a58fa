/** How busy a session is, against its own usual. No browser needed. */

import type { SessionView } from "../../api/shared-views.ts";
import { count } from "../format.ts";

export const MODES = ["surging", "flowing", "warming", "resting"] as const;

export const MODE_WORDS: Readonly<Record<SessionView["mode"], string>> = {
  surging: "twice its usual rate or more",
  flowing: "in use as usual",
  warming: "in use, too new to have a usual rate",
  resting: "nothing in flight, unused for a minute",
};

type Rates = Pick<SessionView, "tasks_last_minute" | "usual_per_minute">;

/** 1: as usual; null: it has no usual rate. */
export const loadFactor = ({
  tasks_last_minute,
  usual_per_minute,
}: Rates): number | null =>
  usual_per_minute === null || usual_per_minute <= 0
    ? null
    : tasks_last_minute / usual_per_minute;

/** "12 a minute, usually 4". */
export function rateWords(session: Rates): string {
  const now = `${count(session.tasks_last_minute)} a minute`;
  return session.usual_per_minute === null
    ? now
    : `${now}, usually ${count(session.usual_per_minute)}`;
}

export function modeCounts(
  sessions: readonly SessionView[],
): Readonly<Record<SessionView["mode"], number>> {
  const counts = { surging: 0, flowing: 0, warming: 0, resting: 0 };
  for (const { mode, closed_at } of sessions)
    if (closed_at === null) counts[mode]++;
  return counts;
}
