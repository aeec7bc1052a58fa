/** The board as columns, and who works on it. Only reads: whoever looks here is no agent that was seen. */

import type { Database } from "bun:sqlite";
import type {
  BoardItemView,
  BoardView,
} from "../../monitoring/api/shared-views.ts";
import { waitsFor } from "../board/claimable-work.ts";
import { type ItemReads, prepareItemReads } from "../board/item-reads.ts";
import { durationInWords } from "../core/duration-in-words.ts";
import { SHELL_BRIDGE } from "../core/ids.ts";
import { parseOrNull } from "../core/json.ts";
import type { TaskState } from "../core/task.ts";
import type { Watched } from "./watch-parts.ts";

type Column = BoardItemView["column"];

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly title: string;
  readonly state: TaskState;
  readonly weight: number;
  readonly priority: number;
  readonly capabilitiesJson: string;
  readonly holder: string | null;
  readonly workedBy: string | null;
  readonly leaseBoot: number | null;
  readonly dueBoot: number | null;
  readonly pending: number;
  readonly done: number | null;
  readonly total: number | null;
  readonly summary: string | null;
  readonly changedAt: number;
}

/** Of each column. */
const MOST = 200;
/** Counted no further. */
const MOST_COUNTED = 100_000;

/** Held out to scripts by the bridge, and anybody's. */
const OFFERED = `(holder = '${SHELL_BRIDGE}' AND EXISTS (SELECT 1 FROM board_items b WHERE b.seq = tasks.seq AND b.worked_by = '${SHELL_BRIDGE}'))`;
const FAILED = [
  "failed",
  "timed_out",
  "cancelled",
  "unknown_outcome",
  "poisoned",
] as const;

interface Source {
  readonly column: Column;
  /** Of the queue's partial indexes the one that has these. */
  readonly index: string;
  readonly where: string;
}

const ended = (column: Column, state: TaskState): Source => ({
  column,
  index: "tasks_board_ended",
  where: `queue = 'board' AND settled_at IS NOT NULL AND state = '${state}'`,
});

const SOURCES: readonly Source[] = [
  {
    column: "ready",
    index: "tasks_ready",
    where:
      "queue = 'board' AND state = 'queued' AND holder IS NULL AND pending = 0 AND due_boot IS NULL",
  },
  {
    column: "ready",
    index: "tasks_held",
    where: `holder IS NOT NULL AND queue = 'board' AND ${OFFERED}`,
  },
  {
    column: "blocked",
    index: "tasks_blocked",
    where: "pending > 0 AND state = 'queued' AND queue = 'board'",
  },
  {
    column: "blocked",
    index: "tasks_due",
    where:
      "due_boot IS NOT NULL AND pending = 0 AND state = 'queued' AND queue = 'board'",
  },
  {
    column: "active",
    index: "tasks_leased",
    where: `lease_boot IS NOT NULL AND queue = 'board' AND NOT ${OFFERED}`,
  },
  ended("done", "completed"),
  ...FAILED.map((state) => ended("failed", state)),
];

const COLUMNS = `tasks.seq, id, title, state, weight, priority, capabilities AS capabilitiesJson, holder,
  worked_by AS workedBy, lease_boot AS leaseBoot, due_boot AS dueBoot, pending, progress_done AS done, progress_total AS total,
  summary, coalesce(settled_at, started_at, submitted_at) AS changedAt`;

export class BoardPages {
  readonly #watched: Watched;
  #reads: ItemReads | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  view(): BoardView {
    const { raw } = this.#watched.store;
    const counts = { blocked: 0, ready: 0, active: 0, done: 0, failed: 0 };
    const rows: { readonly column: Column; readonly row: Row }[] = [];
    for (const source of SOURCES) {
      const { column } = source;
      counts[column] += countOf(raw, source);
      for (const row of newest(raw, source)) rows.push({ column, row });
    }
    return {
      items: shown(rows).map(({ column, row }) => this.#item(column, row)),
      counts,
      holders: this.#holders(),
    };
  }

  #item(column: Column, row: Row): BoardItemView {
    const { env } = this.#watched;
    const isHeld = column === "active";
    return {
      task_id: row.id,
      title: row.title,
      column,
      state: row.state,
      weight: row.weight,
      priority: row.priority,
      capabilities: namesIn(row.capabilitiesJson),
      holder: isHeld ? workerOf(row) : null,
      lease_left_ms:
        isHeld && row.leaseBoot !== null
          ? Math.max(0, row.leaseBoot - env.boot())
          : null,
      progress_done: row.done,
      progress_total: row.total,
      summary: row.summary,
      waits_for: column === "blocked" ? this.#obstacle(row) : null,
      changed_at: row.changedAt,
    };
  }

  #obstacle(row: Row): string {
    const { env, store } = this.#watched;
    if (row.pending > 0) {
      this.#reads ??= prepareItemReads(store);
      return waitsFor({ reads: this.#reads, env }, row);
    }
    return `its pause has ${durationInWords((row.dueBoot ?? 0) - env.boot())} to go`;
  }

  /** The busiest first. */
  #holders(): BoardView["holders"] {
    const { store, config } = this.#watched;
    return store.raw
      .query<{ holder: string; weight: number; items: number }, []>(
        `SELECT iif(holder = '${SHELL_BRIDGE}', coalesce(worked_by, holder), holder) AS holder, sum(weight) AS weight, count(*) AS items
         FROM tasks INDEXED BY tasks_leased CROSS JOIN board_items USING (seq)
         WHERE lease_boot IS NOT NULL AND queue = 'board' AND holder IS NOT NULL AND NOT ${OFFERED}
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${MOST}`,
      )
      .all()
      .map(({ holder, weight, items }) => ({
        holder,
        active_weight: weight,
        capacity: config.board.capacity,
        items,
      }));
  }
}

const newest = (raw: Database, { index, where }: Source): Row[] =>
  raw
    .query<Row, []>(
      `SELECT ${COLUMNS} FROM tasks JOIN board_items USING (seq) WHERE tasks.seq IN (SELECT seq FROM tasks INDEXED BY ${index} WHERE ${where} ORDER BY seq DESC LIMIT ${MOST})`,
    )
    .all();

const countOf = (raw: Database, { index, where }: Source): number =>
  raw
    .query<{ n: number }, []>(
      `SELECT count(*) AS n FROM (SELECT 1 FROM tasks INDEXED BY ${index} WHERE ${where} LIMIT ${MOST_COUNTED})`,
    )
    .get()?.n ?? 0;

/** Of each column the newest. */
function shown<T extends { readonly column: Column; readonly row: Row }>(
  rows: readonly T[],
): T[] {
  const sorted = rows.toSorted(
    (a, b) => b.row.changedAt - a.row.changedAt || b.row.seq - a.row.seq,
  );
  const left = new Map<Column, number>();
  return sorted.filter(({ column }) => {
    const n = left.get(column) ?? MOST;
    left.set(column, n - 1);
    return n > 0;
  });
}

/** A script works under the bridge's lease. */
const workerOf = ({ holder, workedBy }: Row): string | null =>
  holder === SHELL_BRIDGE ? (workedBy ?? holder) : holder;

function namesIn(json: string): string[] {
  const list = parseOrNull(json);
  return Array.isArray(list)
    ? list.filter((it): it is string => typeof it === "string")
    : [];
}
