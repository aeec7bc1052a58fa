/** A task as a list shows it: what its row says, with the times that are left worked out. */

import type { TaskId } from "../core/ids.ts";
import type { QueueName, TaskState } from "../core/task.ts";
import type { EpochMs } from "../core/time.ts";

export interface TaskView {
  readonly id: TaskId;
  readonly queue: QueueName;
  readonly kind: string;
  /** Of an item of the board, as is `weight`; null: it is a task of the pool. */
  readonly title: string | null;
  readonly weight: number | null;
  readonly state: TaskState;
  readonly attempt: number;
  readonly priority: number;
  readonly session: string | null;
  /** Who is at it; null: nobody. */
  readonly holder: string | null;
  /** To scripts: it could be claimed by anybody, whatever its state. */
  readonly isOffered: boolean;
  /** Ms until its holder loses it; null: not before its holder ends, or nobody has it. */
  readonly leaseLeftMs: number | null;
  /** Tasks it comes after that have not ended. */
  readonly pending: number;
  /** Ms until it may be claimed; null: at once. */
  readonly dueInMs: number | null;
  readonly submittedAt: EpochMs;
  readonly startedAt: EpochMs | null;
  readonly settledAt: EpochMs | null;
}

/** Of a queued task what it waits for, in one word; of others their state. */
export function standing(task: TaskView): string {
  if (task.isOffered) return "ready";
  if (task.state !== "queued") return task.state;
  if (task.holder !== null) return "claimed";
  if (task.pending > 0) return "blocked";
  return task.dueInMs === null ? "ready" : "delayed";
}

export const taskJson = (it: TaskView) => ({
  task_id: it.id,
  queue: it.queue,
  kind: it.kind,
  title: it.title,
  weight: it.weight,
  state: it.state,
  standing: standing(it),
  attempt: it.attempt,
  priority: it.priority,
  session: it.session,
  holder: it.holder,
  lease_left_ms: it.leaseLeftMs,
  pending: it.pending,
  due_in_ms: it.dueInMs,
  submitted_at: isoOrNull(it.submittedAt),
  started_at: isoOrNull(it.startedAt),
  settled_at: isoOrNull(it.settledAt),
});

export const isoOrNull = (at: EpochMs | null): string | null =>
  at === null ? null : new Date(at).toISOString();
