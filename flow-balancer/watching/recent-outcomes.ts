/** How the attempts of the last minutes ended, on all servers of the home: each row is read once, and the newest are kept in memory. */

import type { Database } from "bun:sqlite";
import type { RecentEnds } from "../../monitoring/alerts/alert-facts.ts";
import { percentile } from "../core/stats.ts";
import type { TerminalState } from "../core/task.ts";
import type { Tier } from "../core/tier.ts";

const WINDOW_MS = 300_000;
/** Of more, the newest tell enough: a share of 2,000 is good to 2% (two standard errors, at 30%). */
const MAX_ROWS = 2_000;

interface Row {
  readonly seq: number;
  readonly kind: string;
  readonly state: TerminalState;
  readonly tier: Tier | null;
  readonly wait_ms: number | null;
  readonly settled_at: number;
}

export class RecentOutcomes {
  readonly #after;
  #seq = 0;
  /** The newest first. */
  #rows: readonly Row[] = [];

  constructor(raw: Database) {
    this.#after = raw.prepare<Row, [number]>(
      `SELECT seq, kind, state, tier, wait_ms, settled_at FROM outcomes
       WHERE seq > ? ORDER BY seq DESC LIMIT ${MAX_ROWS}`,
    );
  }

  /** `now`: epoch ms. */
  read(now: number): RecentEnds {
    const news = this.#after.all(this.#seq);
    this.#seq = news[0]?.seq ?? this.#seq;
    this.#rows = [...news, ...this.#rows]
      .slice(0, MAX_ROWS)
      .filter(({ settled_at }) => settled_at > now - WINDOW_MS);
    return summed(this.#rows);
  }
}

function summed(rows: readonly Row[]): RecentEnds {
  const waits: number[] = [];
  const failures = new Map<string, number>();
  let [ended, failed, placed, cold] = [0, 0, 0, 0];
  for (const { kind, state, tier, wait_ms } of rows) {
    if (wait_ms !== null) waits.push(wait_ms);
    if (tier !== null) placed++;
    if (tier === "cold") cold++;
    if (state === "cancelled") continue;
    ended++;
    if (state === "completed") continue;
    failed++;
    failures.set(kind, (failures.get(kind) ?? 0) + 1);
  }
  const worst = [...failures].sort(([, a], [, b]) => b - a)[0];
  waits.sort((a, b) => a - b);
  return {
    windowMs: WINDOW_MS,
    ended,
    failed,
    worst: worst === undefined ? null : { kind: worst[0], failed: worst[1] },
    waited: waits.length,
    waitP95Ms: waits.length === 0 ? 0 : percentile(waits, 0.95),
    placed,
    cold,
  };
}
