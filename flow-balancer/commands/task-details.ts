/** Everything that is stored of one task, and its form as one object. Pure. */

import type { Evidence, EvidenceCheck, Note } from "../core/board.ts";
import type { WireError } from "../core/errors.ts";
import { parseOrNull } from "../core/json.ts";
import type { DependencyOn, TaskState } from "../core/task.ts";
import type { EpochMs } from "../core/time.ts";
import { isoOrNull, taskJson, type TaskView } from "./task-view.ts";

export interface Linked {
  readonly id: string;
  readonly on: DependencyOn;
  /** Null: there is no such task. */
  readonly state: TaskState | null;
  readonly title: string | null;
}

/** An attempt that did not settle the task. */
export interface PastAttempt {
  readonly attempt: number;
  readonly holder: string | null;
  readonly endedAt: EpochMs;
  readonly end: string;
  readonly error: WireError | null;
}

export interface BoardPart {
  readonly details: string | null;
  readonly capabilities: readonly string[];
  readonly createdBy: string;
  readonly workedBy: string | null;
  readonly progressDone: number | null;
  readonly progressTotal: number | null;
  readonly required: readonly Evidence[];
  readonly proven: readonly EvidenceCheck[] | null;
  readonly summary: string | null;
  /** The oldest first. */
  readonly notes: readonly Note[];
}

export interface TaskDetails {
  readonly view: TaskView;
  readonly fence: number;
  readonly maxAttempts: number;
  /** Holders that died under it. */
  readonly lost: number;
  readonly cancelAsked: boolean;
  readonly timeoutMs: number | null;
  readonly deadlineMs: number | null;
  readonly after: readonly Linked[];
  /** Those that wait for it. */
  readonly dependants: readonly Linked[];
  readonly attempts: readonly PastAttempt[];
  readonly worker: string | null;
  readonly tier: string | null;
  readonly inputJson: string;
  readonly valueJson: string | null;
  readonly error: WireError | null;
  readonly board: BoardPart | null;
}

export function detailsJson(it: TaskDetails): object {
  const { board } = it;
  return {
    schema: 1,
    ...taskJson(it.view),
    fence: it.fence,
    max_attempts: it.maxAttempts,
    lost_holders: it.lost,
    cancel_asked: it.cancelAsked,
    timeout_ms: it.timeoutMs,
    deadline_ms: it.deadlineMs,
    after: it.after.map(linkJson),
    dependants: it.dependants.map(linkJson),
    attempts: it.attempts.map(({ attempt, holder, end, endedAt, error }) => ({
      attempt,
      holder,
      end,
      ended_at: isoOrNull(endedAt),
      error,
    })),
    worker: it.worker,
    tier: it.tier,
    input: parseOrNull(it.inputJson),
    value: parseOrNull(it.valueJson),
    error: it.error,
    board: board === null ? null : boardJson(board),
  };
}

const linkJson = ({ id, on, state, title }: Linked) => ({
  task_id: id,
  on,
  state,
  title,
});

const boardJson = (it: BoardPart) => ({
  details: it.details,
  capabilities: it.capabilities,
  created_by: it.createdBy,
  worked_by: it.workedBy,
  progress:
    it.progressDone === null
      ? null
      : { done: it.progressDone, total: it.progressTotal },
  required: it.required,
  proven: it.proven,
  summary: it.summary,
  notes: it.notes.map(({ at, by, text }) => ({ at: isoOrNull(at), by, text })),
});
