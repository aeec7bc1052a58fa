/** Everything a store has of one task. */

import type { Database } from "bun:sqlite";
import type {
  BoardPart,
  Linked,
  PastAttempt,
  TaskDetails,
} from "../commands/task-details.ts";
import type { Evidence, EvidenceCheck, Note } from "../core/board.ts";
import type { WireError } from "../core/errors.ts";
import type { HolderId } from "../core/ids.ts";
import { parseOrNull } from "../core/json.ts";
import type { Env } from "../core/ports.ts";
import type { DependencyOn } from "../core/task.ts";
import type { EpochMs } from "../core/time.ts";
import { TaskReader } from "../queue/task-reader.ts";
import { findTask, titleOf } from "./read-tasks.ts";
import { readRows } from "./rows.ts";

/** Null if there is no such task. */
export function readTaskDetails(
  db: Database,
  env: Env,
  id: string,
): TaskDetails | null {
  const found = findTask(db, env, id);
  const record = found && new TaskReader(db).get(found.view.id);
  if (found === null || record === null) return null;
  const { seq, view } = found;
  const { result } = record;
  const [row] = readRows<Terms>(db, "tasks", TERMS, "WHERE seq = ?", [seq]);
  return {
    view,
    fence: row?.fence ?? 0,
    maxAttempts: row?.maxAttempts ?? 1,
    lost: row?.lost ?? 0,
    cancelAsked: row?.cancelAsked === 1,
    timeoutMs: record.timeoutMs,
    deadlineMs: record.deadlineMs,
    after: record.after.map((parent) => linked(db, parent)),
    dependants: dependants(db, seq),
    attempts: attemptsOf(db, seq),
    worker: record.execution?.worker ?? null,
    tier: record.execution?.tier ?? null,
    inputJson: record.inputJson,
    valueJson: result?.valueJson ?? null,
    error: result !== null && "error" in result ? result.error : null,
    board: boardPart(db, seq),
  };
}

interface Terms {
  readonly fence: number;
  readonly maxAttempts: number | null;
  readonly lost: number | null;
  readonly cancelAsked: number | null;
}

const TERMS = {
  fence: "fence",
  maxAttempts: "max_attempts",
  lost: "lost",
  cancelAsked: "cancel_asked",
} as const;

function linked(
  db: Database,
  { id, on }: { readonly id: string; readonly on: DependencyOn },
): Linked {
  const [row] = readRows<{ seq: number; state: Linked["state"] }>(
    db,
    "tasks",
    { seq: "seq", state: "state" },
    "WHERE id = ?",
    [id],
  );
  return {
    id,
    on,
    state: row?.state ?? null,
    title: row === undefined ? null : titleOf(db, row.seq),
  };
}

/** As far as it is kept: of those that need it no more, nothing may be. */
const dependants = (db: Database, seq: number): Linked[] =>
  readRows<{ taskSeq: number; on: DependencyOn }>(
    db,
    "dependencies",
    { taskSeq: "task_seq", on: "on" },
    "WHERE parent_seq = ? ORDER BY task_seq LIMIT 1000",
    [seq],
  ).flatMap(({ taskSeq, on }) => {
    const [row] = readRows<{ id: string }>(
      db,
      "tasks",
      { id: "id" },
      "WHERE seq = ?",
      [taskSeq],
    );
    return row === undefined ? [] : [linked(db, { id: row.id, on })];
  });

const attemptsOf = (db: Database, seq: number): PastAttempt[] =>
  readRows<Omit<PastAttempt, "error"> & { errorJson: string | null }>(
    db,
    "attempts",
    {
      attempt: "attempt",
      holder: "holder",
      endedAt: "ended_at",
      end: "end",
      errorJson: "error",
    },
    "WHERE task_seq = ? ORDER BY id",
    [seq],
  ).map(({ errorJson, ...attempt }) => ({
    ...attempt,
    error: parseOrNull(errorJson) as WireError | null,
  }));

interface ItemRow extends Omit<
  BoardPart,
  "capabilities" | "required" | "proven" | "notes"
> {
  readonly capabilitiesJson: string;
  readonly requiredJson: string;
  readonly provenJson: string | null;
}

function boardPart(db: Database, seq: number): BoardPart | null {
  const [row] = readRows<ItemRow>(
    db,
    "board_items",
    {
      details: "details",
      capabilitiesJson: "capabilities",
      createdBy: "created_by",
      workedBy: "worked_by",
      progressDone: "progress_done",
      progressTotal: "progress_total",
      requiredJson: "required",
      provenJson: "proven",
      summary: "summary",
    },
    "WHERE seq = ?",
    [seq],
  );
  if (row === undefined) return null;
  const { capabilitiesJson, requiredJson, provenJson, ...plain } = row;
  return {
    ...plain,
    capabilities: listOf<string>(capabilitiesJson),
    required: listOf<Evidence>(requiredJson),
    proven: provenJson === null ? null : listOf<EvidenceCheck>(provenJson),
    notes: readRows<Note & { at: EpochMs; by: HolderId }>(
      db,
      "board_notes",
      { at: "at", by: "by", text: "text" },
      "WHERE task_seq = ? ORDER BY id",
      [seq],
    ),
  };
}

/** Written by the program itself; one that is damaged says nothing. */
function listOf<T>(json: string): readonly T[] {
  const list = parseOrNull(json);
  return Array.isArray(list) ? (list as T[]) : [];
}
