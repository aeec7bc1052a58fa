/** A row of the tasks table as the record the rest of the system speaks of. */

import {
  damageOfText,
  type StoredText,
  unpackText,
} from "../codec/stored-text.ts";
import { type WireError, wireError } from "../core/errors.ts";
import { parseDecision } from "../core/explain-decision.ts";
import type { TaskId } from "../core/ids.ts";
import { parseOrNull } from "../core/json.ts";
import type { Lease, Settlement } from "../core/ports.ts";
import type { EpochMs } from "../core/time.ts";
import {
  isTerminal,
  type Decision,
  type Execution,
  type TaskRecord,
  type TaskRequest,
  type TaskResult,
} from "../core/task.ts";
import type { tasks } from "../store/schema.ts";

export type TaskRow = typeof tasks.$inferSelect;

/** Long texts are unpacked when somebody asks for them: who lists tasks does not. */
export const toRecord = (row: TaskRow): TaskRecord => ({
  id: row.id,
  kind: row.kind,
  /** Throws PAYLOAD_DAMAGED. */
  get inputJson(): string {
    return unpackText(row.inputJson, `the input of ${row.id}`);
  },
  session: row.session,
  priority: row.priority,
  timeoutMs: row.timeoutMs,
  deadlineMs: row.deadlineMs,
  after: toIds(row.afterJson),
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
    /** Read when somebody asks for it: who lists tasks does not. */
    get decision(): Decision | null {
      return parseDecision(row.decisionJson);
    },
    ...(row.deaths === null ? {} : { deaths: row.deaths }),
  };
}

/** What a settle writes. Spelled out, as the next one: for every task, and copying an object costs more than the rest. */
export const settledColumns = (
  { id, fence }: Lease,
  { result, execution, startedAt }: Settlement,
  settledAt: EpochMs,
  valueJson: StoredText | null,
) => ({
  id,
  fence,
  state: result.status,
  startedAt,
  settledAt,
  tier: execution?.tier ?? null,
  worker: execution?.worker ?? null,
  waitMs: execution?.waitMs ?? null,
  startMs: execution?.startMs ?? null,
  runMs: execution?.runMs ?? null,
  decisionJson: execution?.decision ? JSON.stringify(execution.decision) : null,
  deaths: execution?.deaths ?? null,
  valueJson,
  errorJson: "error" in result ? JSON.stringify(result.error) : null,
});

/** A task as it is once its row was written. */
export const queuedRecord = (
  id: TaskId,
  request: TaskRequest,
  attempt: number,
  submittedAt: EpochMs,
): TaskRecord => ({
  id,
  kind: request.kind,
  inputJson: request.inputJson,
  session: request.session,
  priority: request.priority,
  timeoutMs: request.timeoutMs,
  deadlineMs: request.deadlineMs,
  after: request.after,
  state: "queued",
  attempt,
  submittedAt,
  startedAt: null,
  settledAt: null,
  execution: null,
  result: null,
});

function toIds(json: string | null): readonly TaskId[] {
  const ids = parseOrNull(json);
  return Array.isArray(ids) ? (ids as TaskId[]) : [];
}

/** A damaged value is a failure of this task alone, as a result: it is listed, waited for and read as any other. */
function toResult(row: TaskRow): TaskResult | null {
  const { id, state, valueJson: stored } = row;
  if (!isTerminal(state)) return null;
  const error = JSON.parse(row.errorJson ?? "null") as WireError;
  const damage = stored === null ? null : damageOfText(stored);
  if (damage !== null)
    return {
      status: "failed",
      error: damagedValue(row, error, damage),
      valueJson: null,
    };
  const value = once(() =>
    stored === null ? null : unpackText(stored, `the value of ${id}`),
  );
  if (state === "completed")
    return {
      status: state,
      get valueJson(): string {
        return value() ?? "null";
      },
    };
  return {
    status: state,
    error,
    get valueJson(): string | null {
      return value();
    },
  };
}

/** `error` is the task's own, null for one that completed. */
const damagedValue = (
  { state }: TaskRow,
  error: WireError | null,
  damage: string,
): WireError =>
  wireError(
    "PAYLOAD_DAMAGED",
    `the task ended ${state}${error === null ? "" : ` (${error.code}: ${error.message})`}, but its value is damaged in the store: ${damage}`,
    "No other task is affected. Submit it again if you need the value and it may run twice; check the disk if this happens again.",
  );

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
