/** The sessions of a home as a table, or as one object. Pure. */

import { size } from "../core/figures.ts";
import { printable, printableJson } from "../core/printable.ts";
import type { Column } from "../core/table.ts";
import type { EpochMs } from "../core/time.ts";
import type { Answer } from "./answer.ts";
import { age } from "./elapsed.ts";
import { clockOrNone } from "./moment.ts";
import { paintedTable } from "./painted-table.ts";
import { isoOrNull } from "./task-view.ts";
import type { Terminal } from "./terminal.ts";

export interface SessionView {
  readonly id: string;
  readonly name: string | null;
  /** How busy it is (see core/session.ts); `closed` once it is. */
  readonly mode: string;
  /** Of its tasks, those that have not ended. */
  readonly inFlight: number;
  /** Of its tasks, those submitted in the last minute. */
  readonly tasksPerMinute: number;
  /** Of its saved state; 0: nothing saved. */
  readonly version: number;
  /** Of its saved state as JSON. */
  readonly bytes: number;
  /** Null for one that a client never opened: a connection's own. */
  readonly openedAt: EpochMs | null;
  readonly lastUsedAt: EpochMs | null;
  readonly closedAt: EpochMs | null;
}

export function sessionsAnswer(
  sessions: readonly SessionView[],
  { all, now }: { readonly all: boolean; readonly now: EpochMs },
  as: Terminal | "json",
): Answer {
  if (as === "json")
    return {
      data: printableJson({ schema: 1, sessions: sessions.map(jsonOf) }),
    };
  if (sessions.length === 0)
    return {
      data: "",
      notes: [
        all ? "There are no sessions yet." : "There are no open sessions.",
      ],
    };
  return { data: paintedTable(columns(now), sessions, as) };
}

const columns = (now: EpochMs): Column<SessionView>[] => [
  { title: "id", cell: ({ id }) => printable(id), weight: Infinity },
  { title: "state", cell: ({ mode }) => mode, weight: 8, align: "left" },
  { title: "tasks", cell: ({ inFlight }) => some(inFlight), weight: 6 },
  { title: "a minute", cell: (it) => some(it.tasksPerMinute), weight: 1 },
  {
    title: "version",
    cell: ({ version }) => some(version),
    weight: 2,
  },
  {
    title: "size",
    cell: (it) => (it.version === 0 ? "" : size(it.bytes)),
    weight: 4,
  },
  { title: "opened", cell: (it) => ago(it.openedAt, now), weight: 3 },
  {
    title: "last used",
    cell: (it) => ago(it.lastUsedAt, now),
    weight: 7,
  },
  { title: "at", cell: (it) => clockOrNone(it.lastUsedAt, now), weight: 0.5 },
  {
    title: "name",
    cell: ({ name }) => printable(name ?? ""),
    weight: 9,
    align: "left",
    cut: "end",
  },
];

/** None is not worth a look. */
const some = (n: number): string => (n === 0 ? "" : String(n));

const ago = (at: EpochMs | null, now: EpochMs): string =>
  at === null ? "" : age(at, now);

const jsonOf = (it: SessionView): object => ({
  id: it.id,
  name: it.name,
  state: it.mode,
  tasks_in_flight: it.inFlight,
  tasks_per_minute: it.tasksPerMinute,
  version: it.version,
  bytes: it.bytes,
  opened_at: isoOrNull(it.openedAt),
  last_used_at: isoOrNull(it.lastUsedAt),
  closed_at: isoOrNull(it.closedAt),
});
