/**
 * What a window of outcomes says: how much ended and how, where it ran, and how long it waited, started
 * and ran. An outcome is one attempt. Pure.
 */

import type { Outcome } from "../../core/outcome.ts";
import { percentile } from "../../core/stats.ts";
import type { TerminalState } from "../../core/task.ts";
import { type Tier, TIERS } from "../../core/tier.ts";

export type Ended = Pick<
  Outcome,
  "kind" | "state" | "tier" | "waitMs" | "startMs" | "runMs" | "settledAt"
>;

/** Ms; a percentile is null where too few are there for one to lie above it. */
export interface Clock {
  readonly n: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface WorkFigures {
  /** Attempts. */
  readonly n: number;
  readonly states: Readonly<Partial<Record<TerminalState, number>>>;
  /** Ended other than `completed` or `cancelled`. */
  readonly failed: number;
  /** Of those that reached a worker: what they found there. */
  readonly tiers: Readonly<Record<Tier, number>>;
  /** Of those that reached a worker; null: none did. */
  readonly coldShare: number | null;
  /** Of all that reached a worker, whatever became of them. */
  readonly wait: Clock;
  readonly start: Clock;
  /** Of those that ended by themselves: a run that was cut off has no length of its own. */
  readonly run: Clock;
  /** Run time / (wait + start + run), of the same, added up over all of them; null: there are none. */
  readonly efficiency: number | null;
}

/** Ended by what it did itself. */
const BY_ITSELF: ReadonlySet<TerminalState> = new Set(["completed", "failed"]);
const NO_FAILURE: ReadonlySet<TerminalState> = new Set([
  "completed",
  "cancelled",
]);

export function workFigures(ended: readonly Ended[]): WorkFigures {
  const states: Partial<Record<TerminalState, number>> = {};
  const tiers = { hot: 0, warm: 0, cold: 0 };
  const clocks = { wait: [] as number[], start: [] as number[] };
  const runs: number[] = [];
  let [failed, running, inAll] = [0, 0, 0];
  for (const { state, tier, waitMs, startMs, runMs } of ended) {
    states[state] = (states[state] ?? 0) + 1;
    if (!NO_FAILURE.has(state)) failed++;
    if (tier === null) continue;
    tiers[tier]++;
    if (waitMs !== null) clocks.wait.push(waitMs);
    if (startMs !== null) clocks.start.push(startMs);
    if (runMs === null || !BY_ITSELF.has(state)) continue;
    runs.push(runMs);
    running += runMs;
    inAll += runMs + (waitMs ?? 0) + (startMs ?? 0);
  }
  const onWorkers = TIERS.reduce((sum, tier) => sum + tiers[tier], 0);
  return {
    n: ended.length,
    states,
    failed,
    tiers,
    coldShare: onWorkers === 0 ? null : tiers.cold / onWorkers,
    wait: clockOf(clocks.wait),
    start: clockOf(clocks.start),
    run: clockOf(runs),
    efficiency: inAll > 0 ? running / inAll : null,
  };
}

/** One percentile means something once one of so many may lie above it. */
const NEEDED = { p50: 2, p95: 20, p99: 100 } as const;

function clockOf(sample: readonly number[]): Clock {
  const sorted = sample.toSorted((a, b) => a - b);
  const at = (share: number, needed: number): number | null =>
    sorted.length < needed ? null : percentile(sorted, share);
  return {
    n: sorted.length,
    p50: at(0.5, NEEDED.p50),
    p95: at(0.95, NEEDED.p95),
    p99: at(0.99, NEEDED.p99),
  };
}

/** Kinds with what they did, the one with the most attempts first. */
export function figuresByKind(
  ended: readonly Ended[],
): [kind: string, figures: WorkFigures][] {
  return [...Map.groupBy(ended, ({ kind }) => kind)]
    .map(([kind, of]): [string, WorkFigures] => [kind, workFigures(of)])
    .toSorted(
      ([one, { n }], [other, { n: m }]) => m - n || (one < other ? -1 : 1),
    );
}

/** Null: there is enough; else how thin it is. */
export const thinness = ({ run, n }: WorkFigures): string | null => {
  if (n === 0) return "nothing ended";
  if (run.n < NEEDED.p95) return `${run.n} runs, not enough`;
  return run.n < NEEDED.p99 ? `${run.n} runs, too few for a p99` : null;
};
