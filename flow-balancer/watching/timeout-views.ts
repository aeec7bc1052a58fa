/** The heat table: how long runs of each kind take, beside how long they may. */

import type {
  TimeoutRowView,
  TimeoutsView,
} from "../../monitoring/api/shared-views.ts";
import { SIMPLE_RULE } from "../../orchestrator/learning/timeout-simple-rule.ts";
import { isListKind } from "../core/chunking.ts";
import { percentile } from "../core/stats.ts";
import type { KindTimeouts } from "../core/timeout-stats.ts";
import { turn } from "./turn.ts";
import type { Watched } from "./watch-parts.ts";

/** Runs looked at where nothing is learned. */
const NEWEST = 1_000;

/** By name. Of each kind there is or was lately. */
export async function timeoutsOf(watched: Watched): Promise<TimeoutsView> {
  const { engine, deadlines } = watched;
  const names = new Set([
    ...engine.kinds().map(({ kind }) => kind),
    ...(deadlines?.kindLimits() ?? []).map(({ kind }) => kind),
  ]);
  const kinds: TimeoutRowView[] = [];
  for (const kind of [...names].filter((it) => !isListKind(it)).sort()) {
    kinds.push(await rowOf(watched, kind));
    // Each reads up to a thousand runs: others have their turn between.
    await turn();
  }
  return { kinds };
}

async function rowOf(watched: Watched, kind: string): Promise<TimeoutRowView> {
  const own = ownLimit(watched, kind);
  const learned = (await watched.deadlines?.statsOf(kind)) ?? null;
  if (learned === null) return seenRow(watched, kind, own);
  const row = learnedRow(learned);
  // What a person said is never learned over.
  return own.isConfigured
    ? { ...row, limit_ms: own.ms, max_limit_ms: null, basis: "explicit" }
    : row;
}

interface OwnLimit {
  /** Null: it is none of this server's kinds. */
  readonly ms: number | null;
  readonly isConfigured: boolean;
}

function ownLimit({ kinds }: Watched, kind: string): OwnLimit {
  try {
    const { timeoutMs, hasOwnTimeout } = kinds.get(kind);
    return { ms: timeoutMs, isConfigured: hasOwnTimeout };
  } catch {
    return { ms: null, isConfigured: false };
  }
}

const learnedRow = (it: KindTimeouts): TimeoutRowView => ({
  kind: it.kind,
  n: it.n,
  timeouts: it.timeouts,
  p50_ms: it.p50Ms,
  p95_ms: it.p95Ms,
  p99_ms: it.p99Ms,
  limit_ms: it.limit.softMs,
  max_limit_ms: it.limit.maxMs,
  simple_rule_ms: it.simpleRuleMs,
  basis: it.limit.basis,
  would_have_killed: it.wouldHaveKilled.runs,
  of_remembered: it.wouldHaveKilled.of,
  how_sure: it.sure,
});

/** Of the newest runs alone, where nothing is learned. */
function seenRow(
  { store }: Watched,
  kind: string,
  { ms, isConfigured }: OwnLimit,
): TimeoutRowView {
  const rows = store.raw
    .query<{ state: string; runMs: number | null }, [string]>(
      `SELECT state, run_ms AS runMs FROM outcomes WHERE kind = ? ORDER BY seq DESC LIMIT ${NEWEST}`,
    )
    .all(kind);
  const runs = rows
    .flatMap(({ state, runMs }) => (state === "completed" ? (runMs ?? []) : []))
    .sort((a, b) => a - b);
  const at = (share: number) =>
    runs.length === 0 ? null : percentile(runs, share);
  const timeouts = rows.filter(({ state }) => state === "timed_out").length;
  return {
    kind,
    n: runs.length + timeouts,
    timeouts,
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    p99_ms: at(0.99),
    limit_ms: ms,
    max_limit_ms: null,
    simple_rule_ms:
      runs.length < SIMPLE_RULE.runs
        ? SIMPLE_RULE.beforeMs
        : SIMPLE_RULE.factor * percentile(runs, SIMPLE_RULE.share),
    basis: isConfigured ? "explicit" : "default",
    would_have_killed:
      ms === null ? 0 : runs.filter((runMs) => runMs > ms).length,
    of_remembered: runs.length,
    how_sure:
      runs.length === 0 ? "no runs yet" : `of the last ${runs.length} runs`,
  };
}
