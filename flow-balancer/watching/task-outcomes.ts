/**
 * What came of a task's attempts, from `outcomes`. Those are in the order in which they were stored, and
 * no index leads from a task to its own: they are looked for around the time at which an attempt ended,
 * which is found by halving.
 */

import type { Database } from "bun:sqlite";
import type { TerminalState } from "../core/task.ts";
import type { Tier } from "../core/tier.ts";

export interface AttemptOutcome {
  readonly attempt: number;
  readonly holder: string | null;
  readonly tier: Tier | null;
  readonly state: TerminalState;
  readonly settledAt: number;
  readonly waitMs: number | null;
  readonly startMs: number | null;
  readonly runMs: number | null;
  readonly timeoutMs: number | null;
}

/** Looked at around a time: about 1 ms. */
const AROUND = 1_000;

/** Of the last such attempt of task `seq` that had ended at `at`, epoch ms; null: none was stored, or not for long. A task that is queued again by hand counts from 1 again. */
export function outcomeNear(
  raw: Database,
  seq: number,
  attempt: number,
  at: number,
): AttemptOutcome | null {
  const middle = firstSince(raw, at);
  if (middle === null) return null;
  return raw
    .query<AttemptOutcome, [number, number, number, number, number]>(
      `SELECT attempt, holder, tier, state, settled_at AS settledAt, wait_ms AS waitMs, start_ms AS startMs,
              run_ms AS runMs, timeout_ms AS timeoutMs
       FROM outcomes WHERE seq BETWEEN ? AND ? AND task_seq = ? AND attempt = ? AND settled_at <= ? ORDER BY seq DESC LIMIT 1`,
    )
    .get(middle - AROUND, middle + AROUND, seq, attempt, at);
}

/** The number at which outcomes stop being older than `at`, as far as clocks agree; null: there are none. */
function firstSince(raw: Database, at: number): number | null {
  const ends = raw
    .query<{ low: number | null; high: number | null }, []>(
      "SELECT (SELECT min(seq) FROM outcomes) AS low, (SELECT max(seq) FROM outcomes) AS high",
    )
    .get();
  if (ends === null || ends.low === null || ends.high === null) return null;
  let { low, high } = ends as { low: number; high: number };
  const next = raw.query<{ seq: number; at: number }, [number]>(
    "SELECT seq, settled_at AS at FROM outcomes WHERE seq >= ? ORDER BY seq LIMIT 1",
  );
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = next.get(middle);
    if (row === null || row.at >= at) high = middle;
    else low = Math.max(row.seq, middle) + 1;
  }
  return low;
}

/** How long attempts of a kind usually take, of the newest 500; n 0: none ended. */
export interface Usual {
  readonly n: number;
  readonly waitMs: readonly number[];
  readonly startMs: readonly number[];
  readonly runMs: readonly number[];
}

/** Each ascending. */
export function usualOf(raw: Database, kind: string): Usual {
  const rows = raw
    .query<
      {
        waitMs: number | null;
        startMs: number | null;
        runMs: number | null;
      },
      [string]
    >(
      "SELECT wait_ms AS waitMs, start_ms AS startMs, run_ms AS runMs FROM outcomes WHERE kind = ? ORDER BY seq DESC LIMIT 500",
    )
    .all(kind);
  const sorted = (of: (row: (typeof rows)[number]) => number | null) =>
    rows.flatMap((row) => of(row) ?? []).sort((a, b) => a - b);
  return {
    n: rows.length,
    waitMs: sorted(({ waitMs }) => waitMs),
    startMs: sorted(({ startMs }) => startMs),
    runMs: sorted(({ runMs }) => runMs),
  };
}
