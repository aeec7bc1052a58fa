/** What a task's row says of where it stands in the queue: who has it, what it waits for. */

import type { Database } from "bun:sqlite";
import type { HolderId, SessionId, TaskId } from "../core/ids.ts";
import type { QueueName, TaskState } from "../core/task.ts";

export interface Standing {
  readonly seq: number;
  readonly id: TaskId;
  readonly kind: string;
  readonly state: TaskState;
  readonly queue: QueueName;
  readonly session: SessionId | null;
  readonly priority: number;
  readonly attempt: number;
  readonly holder: HolderId | null;
  readonly pending: number;
  readonly dueBoot: number | null;
  readonly dueAt: number | null;
  readonly groupKey: string | null;
  readonly groupLimit: number | null;
  readonly cancelAsked: 0 | 1;
  readonly submittedAt: number;
}

export const standingOf = (raw: Database, id: string): Standing | null =>
  raw
    .query<Standing, [string]>(
      `SELECT seq, id, kind, state, queue, session, priority, attempt, holder, pending, due_boot AS dueBoot, due_at AS dueAt,
              group_key AS groupKey, group_limit AS groupLimit, cancel_asked AS cancelAsked, submitted_at AS submittedAt
       FROM tasks WHERE id = ?`,
    )
    .get(id);

/** Looked at no further. */
const MOST = 10_000;

/** Those of the pool that `holder` has and that come before it there: the same or a higher priority, and older. */
export const aheadOf = (
  raw: Database,
  { holder, priority, seq }: Standing,
): number =>
  raw
    .query<{ n: number }, [string | null, number, number]>(
      `SELECT count(*) AS n FROM (SELECT state, queue, priority, seq FROM tasks WHERE holder = ? AND holder IS NOT NULL LIMIT ${MOST})
       WHERE state = 'queued' AND queue = 'pool' AND (priority > ?2 OR priority = ?2 AND seq < ?3)`,
    )
    .get(holder, priority, seq)?.n ?? 0;

/** Of a kind that a server runs now. */
export const runningOf = (
  raw: Database,
  holder: string,
  kind: string,
): number =>
  raw
    .query<{ n: number }, [string, string]>(
      `SELECT count(*) AS n FROM (SELECT state, kind FROM tasks WHERE holder = ? AND holder IS NOT NULL LIMIT ${MOST})
       WHERE state = 'running' AND kind = ?`,
    )
    .get(holder, kind)?.n ?? 0;

export const heldOfGroup = (raw: Database, key: string): number =>
  raw
    .query<{ n: number }, [string]>(
      `SELECT count(*) AS n FROM (SELECT 1 FROM tasks WHERE group_key = ? AND group_key IS NOT NULL AND holder IS NOT NULL LIMIT ${MOST})`,
    )
    .get(key)?.n ?? 0;
