/** Lines of lists of tasks: what is shown of each, without its input and result. */

import type { Database, SQLQueryBindings } from "bun:sqlite";
import type { TaskRowView } from "../../monitoring/api/task-views.ts";
import { SHELL_BRIDGE } from "../core/ids.ts";
import { parseOrNull } from "../core/json.ts";
import type { QueueName, TaskState } from "../core/task.ts";
import { TIERS, type Tier } from "../core/tier.ts";

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly kind: string;
  readonly state: TaskState;
  readonly title: string | null;
  readonly session: string | null;
  readonly queue: QueueName;
  readonly priority: number;
  readonly attempt: number;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly settledAt: number | null;
  readonly tier: Tier | null;
  readonly worker: string | null;
  readonly holder: string | null;
  readonly workedBy: string | null;
  readonly waitMs: number | null;
  readonly startMs: number | null;
  readonly runMs: number | null;
  readonly errorJson: string | null;
}

const SELECT = `SELECT t.seq, t.id, t.kind, t.state, b.title, t.session, t.queue, t.priority, t.attempt,
  t.submitted_at AS submittedAt, t.started_at AS startedAt, t.settled_at AS settledAt, t.tier, t.worker,
  t.holder, b.worked_by AS workedBy, t.wait_ms AS waitMs, t.start_ms AS startMs, t.run_ms AS runMs,
  iif(t.settled_at IS NULL, NULL, t.error) AS errorJson
  FROM tasks t LEFT JOIN board_items b ON t.queue = 'board' AND b.seq = t.seq`;

/** Which task each worker of this server runs, by the task's id. */
export type Running = ReadonlyMap<string, string>;

/** Which of these there are, the newest first. */
export const rowsBySeq = (
  raw: Database,
  seqs: readonly number[],
  running: Running,
): TaskRowView[] => rowsWhere(raw, "t.seq", seqs, running);

export const rowsById = (
  raw: Database,
  ids: readonly string[],
  running: Running,
): TaskRowView[] => rowsWhere(raw, "t.id", ids, running);

function rowsWhere(
  raw: Database,
  key: string,
  values: readonly SQLQueryBindings[],
  running: Running,
): TaskRowView[] {
  if (values.length === 0) return [];
  return raw
    .query<Row, [string]>(
      `${SELECT} WHERE ${key} IN (SELECT value FROM json_each(?))`,
    )
    .all(JSON.stringify(values))
    .sort((a, b) => b.seq - a.seq)
    .map((row) => viewOf(row, running));
}

const viewOf = (row: Row, running: Running): TaskRowView => ({
  task_id: row.id,
  seq: row.seq,
  kind: row.kind,
  state: row.state,
  title: row.title,
  session: row.session,
  queue: row.queue,
  priority: row.priority,
  attempt: row.attempt,
  submitted_at: row.submittedAt,
  started_at: row.startedAt,
  settled_at: row.settledAt,
  tier: row.tier !== null && TIERS.includes(row.tier) ? row.tier : null,
  worker: row.worker ?? running.get(row.id) ?? null,
  // A script works under the bridge's lease.
  holder:
    row.holder === SHELL_BRIDGE ? (row.workedBy ?? row.holder) : row.holder,
  wait_ms: row.waitMs,
  start_ms: row.startMs,
  run_ms: row.runMs,
  error_code: codeOf(row.errorJson),
});

function codeOf(json: string | null): string | null {
  const { code } = (parseOrNull(json) ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : null;
}
