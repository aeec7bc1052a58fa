/** The sessions of a home as a table, or as one object. Pure. */

import { size } from "../core/figures.ts";
import { printable, printableJson } from "../core/printable.ts";
import { type Column, tableLines } from "../core/table.ts";
import type { EpochMs } from "../core/time.ts";
import type { Answer } from "./answer.ts";
import { age } from "./elapsed.ts";

import type { Terminal } from "./terminal.ts";

export interface SessionView {
  readonly id: string;
  readonly name: string | null;
  /** What its load makes of it; `closed` once it is. */
  readonly mode: string;
  /** Of its saved state; 0: nothing saved. */
  readonly version: number;
  /** Of its saved state as JSON. */
  readonly bytes: number;
  readonly openedAt: EpochMs;
  readonly lastUsedAt: EpochMs | null;
  readonly closedAt: EpochMs | null;
}

export function sessionsAnswer(
  sessions: readonly SessionView[],
  now: EpochMs,
  as: Terminal | "json",
): Answer {
  if (as === "json")
    return {
      data: printableJson({ schema: 1, sessions: sessions.map(jsonOf) }),
    };
  if (sessions.length === 0)
    return { data: "", notes: ["There is no such session."] };
  const [head = "", ...lines] = tableLines(columns(now), sessions, as);
  return { data: [as.paint.bold(head), ...lines].join("\n") };
}

const columns = (now: EpochMs): Column<SessionView>[] => [
  { title: "id", cell: ({ id }) => printable(id), weight: Infinity },
  { title: "state", cell: ({ mode }) => mode, weight: 8, align: "left" },
  {
    title: "version",
    cell: ({ version }) => (version === 0 ? "" : String(version)),
    weight: 2,
  },
  {
    title: "size",
    cell: (it) => (it.version === 0 ? "" : size(it.bytes)),
    weight: 4,
  },
  { title: "opened", cell: ({ openedAt }) => age(openedAt, now), weight: 3 },
  {
    title: "last used",
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? "" : age(lastUsedAt, now)),
    weight: 7,
  },
  {
    title: "name",
    cell: ({ name }) => printable(name ?? ""),
    weight: 9,
    align: "left",
    cut: "end",
  },
];

const jsonOf = (it: SessionView): object => ({
  id: it.id,
  name: it.name,
  state: it.mode,
  version: it.version,
  bytes: it.bytes,
  opened_at: iso(it.openedAt),
  last_used_at: iso(it.lastUsedAt),
  closed_at: iso(it.closedAt),
});

const iso = (at: EpochMs | null): string | null =>
  at === null ? null : new Date(at).toISOString();
