/**
 * What waits for a worker now, on all servers of the home: tasks of the pool that could run and do not.
 * What waits for other tasks, for a time or for a place in its group, and what is on the board, waits for
 * something else and is not counted. Read by the partial indexes of what is open, each as far as a bound.
 */

import type { Database, Statement } from "bun:sqlite";

/** Of each class that is taken off; more of them than this count as waiting. */
const MOST = 10_000;
/** Tasks in hand among which the oldest is looked for. */
const MOST_HELD = 2_000;
const PRIORITIES = Array.from({ length: 21 }, (_, at) => at - 10);

const READY =
  "state = 'queued' AND holder IS NULL AND pending = 0 AND due_boot IS NULL";

export class QueueDepth {
  readonly #elsewhere: Statement<
    { blocked: number; due: number; board: number },
    []
  >;
  readonly #both: Statement<{ n: number }, []>;
  readonly #first: Statement<{ at: number | null }, [string]>;
  readonly #held: Statement<{ at: number | null }, []>;
  readonly #queued: Statement<{ n: number | null }, []>;

  constructor(raw: Database) {
    const counted = (where: string): string =>
      `(SELECT count(*) FROM (SELECT 1 FROM tasks WHERE ${where} LIMIT ${MOST}))`;
    // An end clears what these two go by, so that no row needs to be looked at.
    this.#elsewhere = raw.prepare(
      `SELECT ${counted("pending > 0")} AS blocked, ${counted("due_boot IS NOT NULL")} AS due,
              ${counted(`queue = 'board' AND ${READY}`)} AS board`,
    );
    this.#both = raw.prepare(
      `SELECT ${counted("pending > 0 AND due_boot IS NOT NULL")} AS n`,
    );
    this.#queued = raw.prepare(
      "SELECT sum(n) AS n FROM tallies WHERE state = 'queued'",
    );
    this.#first = raw.prepare(
      `SELECT min(submitted_at) AS at FROM (${FIRSTS})`,
    );
    this.#held = raw.prepare(
      `SELECT min(submitted_at) AS at FROM (SELECT submitted_at, state, queue FROM tasks WHERE holder IS NOT NULL LIMIT ${MOST_HELD})
       WHERE state = 'queued' AND queue = 'pool'`,
    );
  }

  depth(): number {
    const queued = this.#queued.get()?.n ?? 0;
    const other = queued === 0 ? null : this.#elsewhere.get();
    if (other === null) return 0;
    const { blocked, due, board } = other;
    const twice = blocked > 0 && due > 0 ? (this.#both.get()?.n ?? 0) : 0;
    return Math.max(0, queued - blocked - due - board + twice);
  }

  /** When the one that waits longest was submitted, epoch ms; null: none waits. */
  oldestAt(): number | null {
    const ready = this.#first.get(JSON.stringify(PRIORITIES))?.at ?? null;
    const held = this.#held.get()?.at ?? null;
    return ready === null || held === null
      ? (ready ?? held)
      : Math.min(ready, held);
  }
}

/** The first of each priority: a seek in `tasks_ready` each. */
const FIRSTS = `SELECT (SELECT submitted_at FROM tasks WHERE queue = 'pool' AND priority = p.value AND ${READY} ORDER BY seq LIMIT 1) AS submitted_at FROM json_each(?1) p`;
