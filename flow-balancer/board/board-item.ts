/** A row of the board as the record the rest of the system speaks of. */

import type {
  BoardItem,
  Evidence,
  EvidenceCheck,
  Note,
} from "../core/board.ts";
import type { WireError } from "../core/errors.ts";
import { parseOrNull } from "../core/json.ts";
import type { BootMs, EpochMs } from "../core/time.ts";
import { dependenciesOf, type TaskRow } from "../queue/task-row.ts";
import type { ItemReads, ItemRow } from "./item-reads.ts";

/** What is shown of a long history: the newest. */
const MAX_NOTES = 50;

export function toItem(
  reads: ItemReads,
  row: ItemRow,
  boot: BootMs,
  maxNotes = MAX_NOTES,
): BoardItem {
  return {
    id: row.id,
    title: row.title,
    details: row.details,
    weight: row.weight,
    priority: row.priority,
    capabilities: capabilitiesOf(row),
    // Reads nothing else of the row.
    after: dependenciesOf(row as Pick<ItemRow, "afterJson"> as TaskRow),
    state: row.state,
    isReady: isReady(row),
    attempt: row.attempt,
    createdBy: row.createdBy,
    workedBy: row.workedBy,
    leaseLeftMs: leaseLeftMs(row, boot),
    progress:
      row.progressDone === null
        ? null
        : { done: row.progressDone, total: row.progressTotal },
    required: list<Evidence>(row.requiredJson),
    proven:
      row.provenJson === null ? null : list<EvidenceCheck>(row.provenJson),
    summary: row.summary,
    notes: reads.notes
      .all({ seq: row.seq, limit: maxNotes })
      .reverse() as Note[],
    submittedAt: row.submittedAt as EpochMs,
    startedAt: row.startedAt as EpochMs | null,
    settledAt: row.settledAt as EpochMs | null,
    // Of one that has not ended, it is the reason why somebody wants it cancelled.
    error:
      row.settledAt === null
        ? null
        : (parseOrNull(row.errorJson) as WireError | null),
  };
}

export const capabilitiesOf = (row: {
  readonly capabilitiesJson: string;
}): readonly string[] => list<string>(row.capabilitiesJson);

export const isReady = (row: ItemRow): boolean =>
  row.state === "queued" &&
  row.holder === null &&
  row.pending === 0 &&
  row.dueBoot === null;

/** Null: nobody has it. */
export const leaseLeftMs = (row: ItemRow, boot: BootMs): number | null =>
  row.holder === null || row.leaseBoot === null
    ? null
    : Math.max(0, row.leaseBoot - boot);

function list<T>(json: string | null): readonly T[] {
  const value = parseOrNull(json);
  return Array.isArray(value) ? (value as T[]) : [];
}
