/** Tasks of a store as lists show them. */

import type { Database, SQLQueryBindings } from "bun:sqlite";
import type { TaskPage } from "../commands/tasks-list.ts";
import type { TaskView } from "../commands/task-view.ts";
import type { TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { QueueName, TaskState } from "../core/task.ts";
import type { EpochMs } from "../core/time.ts";
import { isOffered, OFFERED, workerOf } from "./offered.ts";
import { hasColumn, readRows } from "./rows.ts";

/** Beside the states, what a list shows of a queued task (see commands/task-view.ts). */
export type StateAsked = TaskState | keyof typeof STANDINGS;

const NOBODYS = "state = 'queued' AND holder IS NULL";
/** In a store that knows of boards and holders. */
const STANDINGS = {
  ready: `((${NOBODYS} AND pending = 0 AND due_boot IS NULL) OR ${OFFERED})`,
  blocked: `(${NOBODYS} AND pending > 0)`,
  delayed: `(${NOBODYS} AND pending = 0 AND due_boot IS NOT NULL)`,
  claimed: "(state = 'queued' AND holder IS NOT NULL)",
} as const;

const isStanding = (state: StateAsked): state is keyof typeof STANDINGS =>
  Object.hasOwn(STANDINGS, state);

export interface TaskFilter {
  /** Any of these; empty: whatever. */
  readonly states: readonly StateAsked[];
  readonly kind: string | null;
  readonly queue: QueueName | null;
  readonly session: string | null;
  readonly since: EpochMs | null;
  readonly limit: number;
}

interface Row {
  readonly seq: number;
  readonly id: TaskId;
  readonly queue: QueueName | null;
  readonly kind: string;
  readonly state: TaskState;
  readonly attempt: number;
  readonly priority: number;
  readonly session: string | null;
  readonly holder: string | null;
  readonly leaseBoot: number | null;
  readonly pending: number | null;
  readonly dueBoot: number | null;
  readonly dueAt: number | null;
  readonly submittedAt: EpochMs;
  readonly startedAt: EpochMs | null;
  readonly settledAt: EpochMs | null;
}

const COLUMNS = {
  seq: "seq",
  id: "id",
  queue: "queue",
  kind: "kind",
  state: "state",
  attempt: "attempt",
  priority: "priority",
  session: "session",
  holder: "holder",
  leaseBoot: "lease_boot",
  pending: "pending",
  dueBoot: "due_boot",
  dueAt: "due_at",
  submittedAt: "submitted_at",
  startedAt: "started_at",
  settledAt: "settled_at",
} as const;

/** A view, and the number of its row. */
export interface SeenTask {
  readonly seq: number;
  readonly view: TaskView;
}

export function listTasks(
  db: Database,
  env: Env,
  filter: TaskFilter,
): Pick<TaskPage, "tasks" | "more"> {
  const { where, parameters } = conditions(
    filter,
    hasColumn(db, "tasks", "queue"),
  );
  const rows = readRows<Row>(
    db,
    "tasks",
    COLUMNS,
    `WHERE ${where.join(" AND ")} ORDER BY seq DESC LIMIT ?`,
    [...parameters, filter.limit + 1],
  );
  return {
    tasks: views(db, env, rows.slice(0, filter.limit)).map(({ view }) => view),
    more: rows.length > filter.limit,
  };
}

/** `rest`: what follows FROM tasks; the program's own words. */
export const someTasks = (db: Database, env: Env, rest: string): SeenTask[] =>
  views(db, env, readRows<Row>(db, "tasks", COLUMNS, rest));

export function findTask(db: Database, env: Env, id: string): SeenTask | null {
  const rows = readRows<Row>(db, "tasks", COLUMNS, "WHERE id = ?", [id]);
  return views(db, env, rows)[0] ?? null;
}

/** `isShared`: the store is of a version that knows of boards and holders. */
function conditions(
  { states, kind, queue, session, since }: TaskFilter,
  isShared: boolean,
): { where: string[]; parameters: SQLQueryBindings[] } {
  const where = ["1"];
  const parameters: SQLQueryBindings[] = [];
  const also = (sql: string, ...values: SQLQueryBindings[]): void => {
    where.push(sql);
    parameters.push(...values);
  };
  if (states.length > 0)
    also(
      `(${states.map((state) => stateCondition(state, isShared)).join(" OR ")})`,
      ...states.filter((state) => !isStanding(state)),
    );
  if (kind !== null) also("kind = ?", kind);
  if (session !== null) also("session = ?", session);
  if (since !== null) also("submitted_at >= ?", since);
  if (queue !== null && isShared) also("queue = ?", queue);
  if (queue === "board" && !isShared) also("0");
  return { where, parameters };
}

function stateCondition(state: StateAsked, isShared: boolean): string {
  if (!isStanding(state)) return "state = ?";
  return isShared ? STANDINGS[state] : "0";
}

function views(db: Database, env: Env, rows: readonly Row[]): SeenTask[] {
  const items = itemsOf(db, rows);
  const isSameBoot = bootOf(db) === env.bootId;
  return rows.map((row) => {
    const { holder } = row;
    const {
      title = null,
      weight = null,
      workedBy = null,
    } = items.get(row.seq) ?? {};
    const offered = isOffered(holder, workedBy);
    return {
      seq: row.seq,
      view: {
        ...row,
        queue: row.queue ?? "pool",
        title,
        weight,
        isOffered: offered,
        holder: offered ? null : workerOf(holder, workedBy),
        leaseLeftMs: offered ? null : leaseLeft(row, env, isSameBoot),
        pending: row.pending ?? 0,
        dueInMs: dueIn(row, env, isSameBoot),
      },
    };
  });
}

/** No lease outlives a restart of the machine. */
function leaseLeft(
  { leaseBoot }: Row,
  env: Env,
  isSameBoot: boolean,
): number | null {
  if (leaseBoot === null) return null;
  return isSameBoot ? leaseBoot - env.boot() : 0;
}

/** Of a machine that was restarted since, by the wall clock. */
function dueIn(
  { dueBoot, dueAt }: Row,
  env: Env,
  isSameBoot: boolean,
): number | null {
  if (dueBoot === null) return null;
  const left = isSameBoot ? dueBoot - env.boot() : (dueAt ?? 0) - env.now();
  return Math.max(0, left);
}

/** Null for a task of the pool. */
export const titleOf = (db: Database, seq: number): string | null =>
  readRows<{ title: string }>(
    db,
    "board_items",
    { title: "title" },
    "WHERE seq = ?",
    [seq],
  )[0]?.title ?? null;

interface ItemRow {
  readonly seq: number;
  readonly title: string;
  readonly weight: number;
  readonly workedBy: string | null;
}

function itemsOf(db: Database, rows: readonly Row[]): Map<number, ItemRow> {
  const seqs = rows
    .filter(({ queue }) => queue === "board")
    .map(({ seq }) => seq);
  if (seqs.length === 0) return new Map();
  return new Map(
    readRows<ItemRow>(
      db,
      "board_items",
      { seq: "seq", title: "title", weight: "weight", workedBy: "worked_by" },
      "WHERE seq IN (SELECT value FROM json_each(?))",
      [JSON.stringify(seqs)],
    ).map((row) => [row.seq, row]),
  );
}

const bootOf = (db: Database): string | null =>
  readRows<{ value: string }>(
    db,
    "meta",
    { value: "value" },
    "WHERE key = 'boot_id'",
  )[0]?.value ?? null;
