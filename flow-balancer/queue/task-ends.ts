/**
 * How a task leaves its holder otherwise than by a plain settle: tried again, given back, cancelled, lost.
 * Everything is to be called inside a write; what comes after the task hears of its end in the same
 * transaction.
 */

import type { WireError } from "../core/errors.ts";
import type { TaskId } from "../core/ids.ts";
import { parseOrNull } from "../core/json.ts";
import { endOfLost } from "../core/lost-task.ts";
import {
  PLAIN_TERMS,
  type CancelAnswer,
  type Lease,
  type Settled,
  type Settlement,
} from "../core/queue.ts";
import { retryDelay } from "../core/retry-delay.ts";
import { isTerminal, type TerminalState } from "../core/task.ts";
import type { AttemptEnd } from "../store/schema.ts";
import type { EndStatements } from "./end-statements.ts";
import {
  isUnder,
  REFUSED,
  type PackedSettlement,
  type QueueParts,
  type Settles,
} from "./settles.ts";
import type { Consequences } from "./task-graph.ts";
import type { TaskRow } from "./task-row.ts";

/** What became of a task that was taken from its holder. */
export type Fate = TerminalState | "queued";

export class TaskEnds {
  readonly #parts: QueueParts;
  readonly #settles: Settles;
  readonly #sql: EndStatements;

  constructor(parts: QueueParts, settles: Settles) {
    this.#parts = parts;
    this.#settles = settles;
    this.#sql = parts.sql;
  }

  retry(
    lease: Lease,
    packed: PackedSettlement,
    holdMs: number,
  ): Settled & { readonly again: boolean } {
    const { settlement } = packed;
    const row = this.#rowUnder(lease);
    if (row === null || !mayTryAgain(row, settlement))
      return { ...this.#settles.settle(lease, packed), again: false };
    const { env } = this.#parts;
    const seed = `${row.id}/${row.attempt}`;
    const backoffMs = row.backoffMs ?? PLAIN_TERMS.backoffMs;
    const pauseMs = Math.max(
      retryDelay(backoffMs, row.attempt, seed),
      retryDelay(holdMs, 1, seed),
    );
    this.#noteAttempt(row, "retried", settlementError(settlement));
    if (row.queue === "pool") this.#settles.learn(row, settlement, env.now());
    this.#requeue(row, {
      dueBoot: pauseMs > 0 ? env.boot() + pauseMs : null,
      dueAt: pauseMs > 0 ? env.now() + pauseMs : null,
    });
    return { ...REFUSED, accepted: true, again: true };
  }

  release(lease: Lease): boolean {
    const row = this.#rowUnder(lease);
    if (row === null) return false;
    const cancelError = cancelErrorOf(row);
    if (cancelError !== null) this.end(row, "cancelled", cancelError);
    else {
      this.#noteAttempt(row, "released", null);
      this.#requeue(row, { uncounted: 1 });
    }
    return true;
  }

  cancel(id: TaskId, error: WireError): CancelAnswer | null {
    const row = this.#sql.row.get({ id });
    if (row === null) return null;
    if (isTerminal(row.state)) return "ended";
    if (row.holder === null) {
      this.end(row, "cancelled", error);
      return "cancelled";
    }
    this.#sql.askCancel.run({ seq: row.seq, errorJson: JSON.stringify(error) });
    return "asked";
  }

  /** Takes a task from a holder that has lost it. `how` says why: "died". */
  lose(row: TaskRow, why: AttemptEnd, how: string, abandon: boolean): Fate {
    const hasStarted = row.state === "running";
    const died = hasStarted && why === "holder_died" ? 1 : 0;
    const end = endOfLost(
      {
        hasStarted,
        runsOnce: row.runsOnce === 1,
        cancelError: cancelErrorOf(row),
        isAbandoned: abandon && row.awaited === 1,
        deaths: row.lost + died,
      },
      how,
    );
    if (hasStarted) this.#noteAttempt(row, why, null);
    if (end === null)
      this.#requeue(row, { uncounted: hasStarted ? 0 : 1, died });
    else this.end(row, end.state, end.error, died);
    return end?.state ?? "queued";
  }

  /** Ends a task without a result of its own. */
  end(
    row: TaskRow,
    state: TerminalState,
    error: WireError,
    died: 0 | 1 = 0,
  ): Consequences {
    this.#sql.end.run({
      seq: row.seq,
      state,
      settledAt: this.#parts.env.now(),
      errorJson: JSON.stringify(error),
      died,
    });
    this.#parts.tallies.move(row.state, state);
    if (row.pending > 0) this.#parts.graph.forget(row.seq);
    return this.#settles.after(
      { ...row, hasDependants: row.hasDependants as 0 | 1 },
      row.id,
      state,
    );
  }

  told(ids: readonly TaskId[]): void {
    this.#sql.told.run({ ids: JSON.stringify(ids) });
  }

  #rowUnder(lease: Lease): TaskRow | null {
    const row = this.#sql.row.get({ id: lease.id });
    return row !== null && isUnder(row, lease) ? row : null;
  }

  #requeue(
    row: TaskRow,
    more: {
      readonly uncounted?: 0 | 1;
      readonly died?: 0 | 1;
      readonly dueBoot?: number | null;
      readonly dueAt?: number | null;
    },
  ): void {
    this.#sql.requeue.run({
      seq: row.seq,
      uncounted: more.uncounted ?? 0,
      died: more.died ?? 0,
      dueBoot: more.dueBoot ?? null,
      dueAt: more.dueAt ?? null,
    });
    this.#parts.tallies.move(row.state, "queued");
    if (row.groupKey !== null) this.#parts.groups.free(row.groupKey);
  }

  #noteAttempt(row: TaskRow, end: AttemptEnd, error: WireError | null): void {
    this.#sql.attempt.run({
      taskSeq: row.seq,
      attempt: row.attempt,
      fence: row.fence,
      holder: row.holder,
      endedAt: this.#parts.env.now(),
      end,
      errorJson: error === null ? null : JSON.stringify(error),
    });
  }
}

const mayTryAgain = (row: TaskRow, { result }: Settlement): boolean =>
  result.status !== "completed" &&
  row.cancelAsked !== 1 &&
  row.attempt < row.maxAttempts;

const settlementError = ({ result }: Settlement): WireError | null =>
  "error" in result ? result.error : null;

/** Whoever asked said with what it was to end; kept where the error will be. */
const cancelErrorOf = (row: TaskRow): WireError | null =>
  row.cancelAsked === 1
    ? (parseOrNull(row.errorJson) as WireError | null)
    : null;
