/**
 * The oldest task of the pool that could run and that no server has taken. How long it could have run is
 * known from its row only for a plain one; one that came after others, was tried before or waited for its
 * group counts from when it was first seen here.
 */

import type { Database } from "bun:sqlite";
import type { OldestWaiting } from "../../monitoring/alerts/alert-facts.ts";

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly submitted_at: number;
  readonly is_plain: 0 | 1;
}

/** What the index `tasks_ready` holds (store/schema.ts). */
const READY =
  "queue = 'pool' AND holder IS NULL AND state = 'queued' AND pending = 0 AND due_boot IS NULL";

export class OldestWaitingTask {
  readonly #oldest;
  #seen: { readonly id: string; readonly at: number } | null = null;

  constructor(raw: Database) {
    // The index is ordered by priority, then age: one look for each priority there is.
    this.#oldest = raw.prepare<Row, []>(
      `WITH RECURSIVE p(priority) AS (SELECT max(priority) FROM tasks WHERE ${READY}
         UNION ALL SELECT (SELECT max(priority) FROM tasks WHERE ${READY} AND priority < p.priority)
         FROM p WHERE p.priority IS NOT NULL)
       SELECT id, kind, submitted_at,
         "after" IS NULL AND attempt = 0 AND group_key IS NULL AS is_plain
       FROM tasks WHERE seq = (SELECT min(first) FROM (SELECT
         (SELECT min(seq) FROM tasks WHERE ${READY} AND priority = p.priority) AS first
         FROM p WHERE p.priority IS NOT NULL))`,
    );
  }

  /** `now`: epoch ms. */
  read(now: number): OldestWaiting {
    const row = this.#oldest.get();
    if (row === null) {
      this.#seen = null;
      return { task: null, kind: null, ageMs: 0 };
    }
    const { id, kind } = row;
    if (this.#seen?.id !== id) this.#seen = { id, at: now };
    const since = row.is_plain === 1 ? row.submitted_at : this.#seen.at;
    return { task: id, kind, ageMs: Math.max(0, now - since) };
  }
}
