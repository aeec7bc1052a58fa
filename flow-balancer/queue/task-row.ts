/** A row of the tasks table as the record the rest of the system speaks of. */

import {
  damageOfText,
  type StoredText,
  unpackText,
} from "../codec/stored-text.ts";
import { type WireError, wireError } from "../core/errors.ts";
import { decisionText, parseDecision } from "../core/explain-decision.ts";
import type { TaskId } from "../core/ids.ts";
import { parseOrNull } from "../core/json.ts";
import {
  PLAIN_TERMS,
  type Lease,
  type Settlement,
  type Terms,
} from "../core/queue.ts";
import type { EpochMs } from "../core/time.ts";
import {
  DEPENDENCY_ENDS,
  isTerminal,
  type Decision,
  type Dependency,
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
  queue: row.queue,
  holder: row.holder,
  kind: row.kind,
  /** Throws PAYLOAD_DAMAGED. */
  get inputJson(): string {
    return unpackText(row.inputJson, `the input of ${row.id}`);
  },
  session: row.session,
  priority: row.priority,
  timeoutMs: row.timeoutMs,
  deadlineMs: row.deadlineMs,
  after: dependenciesOf(row),
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
  seq: number,
  { id, fence }: Lease,
  { result, execution, startedAt }: Settlement,
  settledAt: EpochMs,
  valueJson: StoredText | null,
) => ({
  seq,
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
  decisionJson: execution?.decision ? decisionText(execution.decision) : null,
  deaths: execution?.deaths ?? null,
  valueJson,
  errorJson: "error" in result ? JSON.stringify(result.error) : null,
});

/** A task as it is once its row was written, by which it is held. */
export const heldRecord = (
  id: TaskId,
  request: TaskRequest,
  { queue, holder }: Terms,
  attempt: number,
  submittedAt: EpochMs,
): TaskRecord => ({
  id,
  queue,
  holder,
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

/** What a claimer is told of them: who was to hold it, and how long it was to wait, is of the past. */
export const termsOf = (row: TaskRow): Terms => ({
  queue: row.queue,
  holder: null,
  delayMs: 0,
  maxAttempts: row.maxAttempts,
  backoffMs: row.backoffMs ?? PLAIN_TERMS.backoffMs,
  runsOnce: row.runsOnce === 1,
  awaited: row.awaited === 1,
  group:
    row.groupKey === null
      ? null
      : { key: row.groupKey, limit: row.groupLimit ?? 1 },
});

/** Null for none: an id alone for one that is to succeed, as older versions wrote them all. */
export const dependenciesJson = (
  after: readonly Dependency[],
): string | null =>
  after.length === 0
    ? null
    : JSON.stringify(
        after.map(({ id, on }) => (on === "success" ? id : [id, on])),
      );

export const dependenciesOf = (row: TaskRow): readonly Dependency[] =>
  toDependencies(row.afterJson);

/** What is no list of dependencies is none. */
function toDependencies(json: string | null): readonly Dependency[] {
  if (json === null) return [];
  const list = parseOrNull(json);
  return Array.isArray(list) ? list.flatMap(toDependency) : [];
}

function toDependency(entry: unknown): readonly Dependency[] {
  if (typeof entry === "string")
    return [{ id: entry as TaskId, on: "success" }];
  if (!Array.isArray(entry) || typeof entry[0] !== "string") return [];
  const on = DEPENDENCY_ENDS.find((end) => end === entry[1]);
  return on === undefined ? [] : [{ id: entry[0] as TaskId, on }];
}

/** A damaged value is a failure of this task alone, as a result: it is listed, waited for and read as any other. */
function toResult(row: TaskRow): TaskResult | null {
  const { id, state, valueJson: stored } = row;
  if (!isTerminal(state)) return null;
  const error =
    state === "completed"
      ? null
      : (errorOf(row.errorJson) ?? damagedError(row));
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
  if (state === "completed" || error === null)
    return {
      status: "completed",
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

/** Null for what is none: damage. */
function errorOf(json: string | null): WireError | null {
  const error = parseOrNull(json) as Partial<WireError> | null;
  return typeof error?.code === "string" && typeof error.message === "string"
    ? (error as WireError)
    : null;
}

const damagedError = ({ state }: TaskRow): WireError =>
  wireError(
    "PAYLOAD_DAMAGED",
    `the task ended ${state}, but why is damaged in the store`,
    "No other task is affected; check the disk if this happens again.",
  );

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
