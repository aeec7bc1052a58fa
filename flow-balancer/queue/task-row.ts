/** A row of the tasks table as the record the rest of the system speaks of. */

import type { WireError } from "../core/errors.ts";
import type { EpochMs } from "../core/time.ts";
import {
  isTerminal,
  type Execution,
  type TaskRecord,
  type TaskResult,
} from "../core/task.ts";
import type { tasks } from "../store/schema.ts";

export type TaskRow = typeof tasks.$inferSelect;

export const toRecord = (row: TaskRow): TaskRecord => ({
  id: row.id,
  kind: row.kind,
  inputJson: row.inputJson,
  session: row.session,
  priority: row.priority,
  timeoutMs: row.timeoutMs,
  state: row.state,
  attempt: row.attempt,
  submittedAt: row.submittedAt as EpochMs,
  startedAt: row.startedAt as EpochMs | null,
  settledAt: row.settledAt as EpochMs | null,
  execution: toExecution(row),
  result: toResult(row),
});

function toExecution(row: TaskRow): Execution | null {
  if (row.tier === null || row.worker === null) return null;
  return {
    tier: row.tier,
    worker: row.worker,
    waitMs: row.waitMs ?? 0,
    startMs: row.startMs ?? 0,
    runMs: row.runMs ?? 0,
  };
}

function toResult(row: TaskRow): TaskResult | null {
  if (!isTerminal(row.state)) return null;
  if (row.state === "completed")
    return { status: "completed", valueJson: row.valueJson ?? "null" };
  return {
    status: row.state,
    error: JSON.parse(row.errorJson ?? "null") as WireError,
    valueJson: row.valueJson,
  };
}
