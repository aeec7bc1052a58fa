/** Every try of a task with its three clocks: those that did not settle it, then the present or last one. */

import type { Database } from "bun:sqlite";
import type {
  AttemptView,
  TaskDetailView,
  TaskRowView,
} from "../../monitoring/api/task-views.ts";
import type { PastAttempt, TaskDetails } from "../commands/task-details.ts";
import { outcomeNear } from "./task-outcomes.ts";
import { maskedText } from "./masked-text.ts";

/** More than that are the oldest of a task that is tried for ever. */
const MOST = 50;

type Clocks = Pick<
  AttemptView,
  "tier" | "wait_ms" | "start_ms" | "run_ms" | "timeout_ms"
>;

const UNKNOWN: Clocks = {
  tier: null,
  wait_ms: null,
  start_ms: null,
  run_ms: null,
  timeout_ms: null,
};

/** `earlier`: those that did not settle it, the oldest first. */
export function attemptsOf(
  raw: Database,
  row: TaskRowView,
  earlier: readonly PastAttempt[],
  error: TaskDetails["error"],
): AttemptView[] {
  const past = earlier
    .slice(-MOST)
    .map((attempt) => pastView(raw, row.seq, attempt));
  return row.attempt === 0 ? past : [...past, lastView(raw, row, error)];
}

const pastView = (
  raw: Database,
  seq: number,
  { attempt, holder, endedAt, end, error }: PastAttempt,
): AttemptView => ({
  attempt,
  holder,
  worker: null,
  state: end,
  ended_at: endedAt,
  ...clocksOf(raw, seq, attempt, endedAt),
  // Queued again by hand it may have been long after its end.
  ...(end === "redriven" && endOf(raw, seq, attempt, endedAt)),
  error: errorView(error),
});

function lastView(
  raw: Database,
  row: TaskRowView,
  error: TaskDetails["error"],
): AttemptView {
  const { attempt, holder, worker, state, settled_at: endedAt } = row;
  const stored =
    endedAt === null ? UNKNOWN : clocksOf(raw, row.seq, attempt, endedAt);
  return {
    attempt,
    holder,
    worker,
    state,
    ended_at: endedAt,
    tier: row.tier ?? stored.tier,
    wait_ms: row.wait_ms ?? stored.wait_ms,
    start_ms: row.start_ms ?? stored.start_ms,
    run_ms: row.run_ms ?? stored.run_ms,
    timeout_ms: stored.timeout_ms,
    error: errorView(error),
  };
}

function endOf(
  raw: Database,
  seq: number,
  attempt: number,
  endedAt: number,
): Pick<AttemptView, "ended_at" | "state"> | null {
  const outcome = outcomeNear(raw, seq, attempt, endedAt);
  return outcome && { ended_at: outcome.settledAt, state: outcome.state };
}

function clocksOf(
  raw: Database,
  seq: number,
  attempt: number,
  endedAt: number,
): Clocks {
  const outcome = outcomeNear(raw, seq, attempt, endedAt);
  if (outcome === null) return UNKNOWN;
  return {
    tier: outcome.tier,
    wait_ms: outcome.waitMs,
    start_ms: outcome.startMs,
    run_ms: outcome.runMs,
    timeout_ms: outcome.timeoutMs,
  };
}

export const errorView = (
  error: TaskDetails["error"],
): TaskDetailView["error"] =>
  error === null
    ? null
    : {
        code: error.code,
        message: maskedText(error.message),
        hint: error.hint ?? null,
      };
