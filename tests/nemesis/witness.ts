/**
 * Sees from inside the database what no server may do: a trigger of its own notes each time a task
 * that was open gets a result, and each time one that has a result is given another.
 */

import { Database } from "bun:sqlite";

const ENDED =
  "('completed', 'failed', 'timed_out', 'cancelled', 'unknown_outcome', 'poisoned')";

/** Below this a run without a double result says nothing of the fence; counted for a run of 200 kills. */
const STALE_PER_200_KILLS = 20;

/** More stale results than this have to be refused under so many kills. */
export const staleNeeded = (kills: number): number =>
  (STALE_PER_200_KILLS * kills) / 200;

export interface Verdict {
  readonly acknowledged: number;
  /** Acknowledged, and not in the store. */
  readonly lost: readonly string[];
  /** Without a result at the end. */
  readonly unfinished: readonly string[];
  /** Given a result more than once for one fence, or another one after the first. */
  readonly doublyAccepted: number;
  /** Results under a fence that was out of date, refused. */
  readonly staleRejected: number;
  readonly byState: Readonly<Record<string, number>>;
  /** Attempts that died with their server. */
  readonly takenOver: number;
}

export class Witness {
  readonly #db: Database;

  constructor(path: string) {
    this.#db = new Database(path, { readwrite: true, create: false });
    this.#db.run("PRAGMA busy_timeout = 10000");
    this.#db.run(
      "CREATE TABLE IF NOT EXISTS witness (id TEXT NOT NULL, fence INTEGER NOT NULL, what TEXT NOT NULL)",
    );
    this.#db.run(
      `CREATE TRIGGER witness_result AFTER UPDATE OF state ON tasks
       WHEN NEW.state IN ${ENDED} BEGIN
         INSERT INTO witness VALUES (NEW.id, NEW.fence,
           CASE WHEN OLD.state IN ${ENDED} THEN 'again' ELSE 'accepted' END);
       END`,
    );
  }

  /** `ok`, or what SQLite found. */
  integrity(): string {
    const row = this.#db
      .query<{ quick_check: string }, []>("PRAGMA quick_check(1)")
      .get();
    return row?.quick_check ?? "no answer";
  }

  open(): number {
    return this.#count(
      "SELECT count(*) AS n FROM tasks WHERE state IN ('queued', 'running')",
    );
  }

  verdict(acknowledged: readonly string[]): Verdict {
    const states = new Map(
      this.#db
        .query<{ id: string; state: string }, []>("SELECT id, state FROM tasks")
        .all()
        .map(({ id, state }) => [id, state]),
    );
    const byState: Record<string, number> = {};
    for (const state of states.values())
      byState[state] = (byState[state] ?? 0) + 1;
    return {
      acknowledged: acknowledged.length,
      lost: acknowledged.filter((id) => !states.has(id)),
      unfinished: this.#unfinished(),
      doublyAccepted:
        this.#count("SELECT count(*) AS n FROM witness WHERE what = 'again'") +
        this.#count(
          "SELECT count(*) AS n FROM (SELECT id FROM witness WHERE what = 'accepted' GROUP BY id HAVING count(*) > 1)",
        ),
      staleRejected: this.staleRejected(),
      byState,
      takenOver: this.#count(
        "SELECT count(*) AS n FROM attempts WHERE end = 'holder_died'",
      ),
    };
  }

  /** So far. */
  staleRejected(): number {
    return this.#count(
      "SELECT count(*) AS n FROM events WHERE type = 'result.rejected'",
    );
  }

  /** With what is known of why. */
  #unfinished(): string[] {
    return this.#db
      .query<{ said: string }, []>(
        `SELECT t.id || ' ' || t.state || ', pending ' || t.pending || ', fence ' || t.fence || ', lost ' || t.lost ||
           ', held by ' || coalesce(t.holder || ' (' || coalesce(i.end, 'alive') || ')', 'nobody') ||
           CASE WHEN t.due_boot IS NULL THEN '' ELSE ', delayed' END AS said
         FROM tasks t LEFT JOIN instances i ON i.id = t.holder WHERE t.state IN ('queued', 'running')`,
      )
      .all()
      .map(({ said }) => said);
  }

  close(): void {
    this.#db.close();
  }

  #count(sql: string): number {
    return this.#db.query<{ n: number }, []>(sql).get()?.n ?? 0;
  }
}
