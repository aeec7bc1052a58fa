/**
 * Outcomes in the order in which they were committed, whichever process of the home committed them: who
 * follows them learns what all others learn. A number is given under the lock of the writer and never
 * twice (the newest row is never pruned), so that nothing ever appears before what was read. Whoever
 * falls far behind misses what was pruned meanwhile, no more.
 */

import type { Database, Statement } from "bun:sqlite";
import type { Outcome } from "../core/outcome.ts";

type Row = Omit<Outcome, "hasBeats"> & { readonly hasBeats: 0 | 1 };

/** The column of each, by its name in an `Outcome`. */
const COLUMNS: Readonly<Record<keyof Outcome, string>> = {
  seq: "seq",
  kind: "kind",
  bucket: "bucket",
  expert: "expert",
  holder: "holder",
  attempt: "attempt",
  state: "state",
  tier: "tier",
  waitMs: "wait_ms",
  startMs: "start_ms",
  runMs: "run_ms",
  timeoutMs: "timeout_ms",
  hasBeats: "has_beats",
  cost: "cost",
  tokens: "tokens",
  settledAt: "settled_at",
};
/** In place of a column that a file of an older version has not; of all others that is NULL. */
const UNKNOWN: Readonly<Record<string, string>> = {
  bucket: "''",
  has_beats: "0",
};

/** A text that is none would be no key of anything. */
const IS_WHOLE = "typeof(kind) = 'text' AND typeof(bucket) = 'text'";

export class OutcomeLog {
  /** Null in a file of a version that kept none. */
  readonly #sql: ReturnType<typeof prepare> | null;

  /** Of a file of any version, also one that is only read. */
  constructor({ raw }: { readonly raw: Database }) {
    this.#sql = prepare(raw);
  }

  /** The first `limit` of those after outcome `seq` (0: of all), the oldest first; the last one's `seq` is where to go on. What is damaged is left out. */
  after(seq: number, limit: number): Outcome[] {
    const rows = this.#sql?.after.all(seq, limit) ?? [];
    return rows.map((row) => ({ ...row, hasBeats: row.hasBeats === 1 }));
  }

  /** The newest one's `seq`; 0 if there is none. */
  last(): number {
    return this.#sql?.last.get()?.seq ?? 0;
  }
}

function prepare(raw: Database): {
  readonly after: Statement<Row, [number, number]>;
  readonly last: Statement<{ seq: number | null }, []>;
} | null {
  const known = new Set(
    raw
      .query<{ name: string }, []>(
        "SELECT name FROM pragma_table_info('outcomes')",
      )
      .all()
      .map(({ name }) => name),
  );
  if (known.size === 0) return null;
  const columns = Object.entries(COLUMNS).map(([name, column]) => {
    const value = known.has(column) ? column : (UNKNOWN[column] ?? "NULL");
    return `${value} AS ${name}`;
  });
  return {
    after: raw.prepare(
      `SELECT ${columns.join(", ")} FROM outcomes WHERE seq > ?1 AND ${IS_WHOLE} ORDER BY seq LIMIT ?2`,
    ),
    last: raw.prepare("SELECT max(seq) AS seq FROM outcomes"),
  };
}
