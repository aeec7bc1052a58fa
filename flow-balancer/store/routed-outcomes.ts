/** Outcomes of attempts that somebody was chosen for, with the choice, in the order of the outcomes: what a router learns from. */

import type { Database, Statement } from "bun:sqlite";
import { parseOrNull } from "../core/json.ts";
import type { TerminalState } from "../core/task.ts";

export interface RoutedOutcome {
  readonly state: TerminalState;
  readonly runMs: number | null;
  readonly cost: number | null;
  readonly choice: string;
  /** As it was recorded; null: damaged. */
  readonly reason: unknown;
}

interface Row extends Omit<RoutedOutcome, "reason"> {
  readonly seq: number;
  readonly reason: string;
}

export class RoutedOutcomes {
  /** Null in a file of a version that kept no decisions. */
  readonly #sql: Statement<Row, [number, number, string]> | null;

  /** Of a file of any version, also one that is only read. */
  constructor(raw: Database) {
    const table = raw
      .query("SELECT 1 FROM sqlite_schema WHERE name = 'decisions'")
      .get();
    // CROSS JOIN: in this order, whatever SQLite thinks of the sizes.
    this.#sql =
      table === null
        ? null
        : raw.prepare<Row, [number, number, string]>(
            `SELECT o.seq, o.state, o.run_ms AS runMs, o.cost, d.choice, d.reason
             FROM outcomes o CROSS JOIN decisions d ON d.task_seq = o.task_seq AND d.attempt = o.attempt
             WHERE o.seq > ?1 AND o.seq <= ?2 AND d.policy = ?3 AND d.outcome_seq < o.seq ORDER BY o.seq, d.id`,
          );
  }

  /** Of `policy`, after outcome `after` and up to `upTo`; of one decided twice, what was decided last. */
  between(after: number, upTo: number, policy: string): RoutedOutcome[] {
    const last = new Map<number, RoutedOutcome>();
    for (const { seq, ...row } of this.#sql?.all(after, upTo, policy) ?? [])
      last.set(seq, { ...row, reason: parseOrNull(row.reason) });
    return [...last.values()];
  }
}
