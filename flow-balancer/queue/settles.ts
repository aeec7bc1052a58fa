/**
 * What a holder says of its task: started, settled. The plain way of every task, so it takes as few
 * statements as can be. To be called inside a write; what comes after a task hears of its end in the
 * same transaction.
 */

import type { StoredText } from "../codec/stored-text.ts";
import type { HolderId, TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { Lease, Settled, Settlement } from "../core/queue.ts";
import { isTerminal, type TerminalState } from "../core/task.ts";
import type { EpochMs } from "../core/time.ts";
import type { Store } from "../store/database.ts";
import type { EndStatements } from "./end-statements.ts";
import type { GroupPlaces } from "./group-places.ts";
import { PlainLease, type PlainFacts } from "./plain-lease.ts";
import { prepareSettles, type TaskNow } from "./settle-statements.ts";
import type { Tallies } from "./tallies.ts";
import type { Consequences, TaskGraph } from "./task-graph.ts";
import { settledColumns } from "./task-row.ts";

/** What every part of the queue works with. */
export interface QueueParts {
  readonly store: Store;
  readonly env: Env;
  readonly tallies: Tallies;
  readonly groups: GroupPlaces;
  readonly graph: TaskGraph;
  readonly sql: EndStatements;
}

/** A settlement, with its texts as they are stored. */
export interface PackedSettlement {
  readonly settlement: Settlement;
  readonly value: StoredText | null;
  readonly text: StoredText | null;
}

const NONE: Consequences = { released: [], ended: [] };
export const REFUSED: Settled = { accepted: false, ...NONE };
const ACCEPTED: Settled = { accepted: true, ...NONE };

export class Settles {
  readonly #parts: QueueParts;
  readonly #sql: ReturnType<typeof prepareSettles>;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#sql = prepareSettles(parts.store);
  }

  start(lease: Lease): boolean {
    const task = this.#sql.now.get({ id: lease.id });
    if (task === null || !isUnder(task, lease)) return false;
    if (task.state === "queued") {
      this.#sql.start.run({
        seq: task.seq,
        startedAt: this.#parts.env.now(),
      });
      this.#parts.tallies.move("queued", "running");
    }
    return true;
  }

  settle(lease: Lease, packed: PackedSettlement): Settled {
    return this.#settlePlain(lease, packed) ?? this.#settleAny(lease, packed);
  }

  /** In one statement, as nearly all are; null: it is not so plain, and nothing was changed. */
  #settlePlain(lease: Lease, packed: PackedSettlement): Settled | null {
    const plain = PlainLease.factsOf(lease);
    if (plain === null) return null;
    const { settlement, value } = packed;
    const settledAt = this.#parts.env.now();
    const { changes } = this.#sql.settlePlain.run(
      settledColumns(plain.seq, lease, settlement, settledAt, value),
    );
    if (changes === 0) return null;
    this.#parts.tallies.move("queued", settlement.result.status);
    this.learn(plain, settlement, settledAt);
    this.#keepOutput(lease.id, packed);
    return ACCEPTED;
  }

  #settleAny(lease: Lease, packed: PackedSettlement): Settled {
    const task = this.#sql.now.get({ id: lease.id });
    if (task === null || !isUnder(task, lease)) {
      if (task !== null) this.#noteRejected(task, lease, packed.settlement);
      return REFUSED;
    }
    const { settlement, value } = packed;
    const settledAt = this.#parts.env.now();
    this.#sql.settle.run(
      settledColumns(task.seq, lease, settlement, settledAt, value),
    );
    this.#parts.tallies.move(task.state, settlement.result.status);
    if (task.queue === "pool") this.learn(task, settlement, settledAt);
    this.#keepOutput(lease.id, packed);
    return {
      accepted: true,
      ...this.after(task, lease.id, settlement.result.status),
    };
  }

  /** Frees its place in a group, and tells those that come after it. Also of an end without a settle. */
  after(task: TaskNow, id: TaskId, state: TerminalState): Consequences {
    if (task.groupKey !== null) this.#parts.groups.free(task.groupKey);
    return task.hasDependants === 1
      ? this.#parts.graph.follow({ seq: task.seq, id, state })
      : NONE;
  }

  #keepOutput(
    taskId: TaskId,
    { settlement: { output }, text }: PackedSettlement,
  ): void {
    if (output === null || output.bytesSeen === 0) return;
    this.#sql.insertOutput.run({
      taskId,
      text,
      bytesSeen: output.bytesSeen,
      truncated: output.truncated ? 1 : 0,
    });
  }

  /** Also of an attempt that is tried again: what it showed was shown. */
  learn(
    { seq, kind, timeoutMs, attempt, holder }: PlainFacts,
    settlement: Settlement,
    settledAt: EpochMs,
  ): void {
    const { result, execution } = settlement;
    this.#sql.insertOutcome.run({
      kind,
      state: result.status,
      tier: execution?.tier ?? null,
      waitMs: execution?.waitMs ?? null,
      startMs: execution?.startMs ?? null,
      runMs: execution?.runMs ?? null,
      timeoutMs: settlement.timeoutMs ?? timeoutMs,
      attempt,
      settledAt,
      taskSeq: seq,
      bucket: settlement.bucket ?? "",
      expert: settlement.expert ?? null,
      holder,
      hasBeats: execution?.beats === true ? 1 : 0,
      cost: settlement.cost ?? null,
      tokens: settlement.tokens ?? null,
    });
  }

  /** So that results that came too late can be counted. */
  #noteRejected(
    task: TaskNow & { readonly holder: HolderId | null },
    lease: Lease,
    { result }: Settlement,
  ): void {
    this.#parts.sql.event.run({
      at: this.#parts.env.now(),
      type: "result.rejected",
      taskId: lease.id,
      holder: task.holder,
      detailJson: JSON.stringify({
        status: result.status,
        attempt: lease.attempt,
        fence: lease.fence,
        now: { state: task.state, attempt: task.attempt, fence: task.fence },
      }),
    });
  }
}

/** The guard of everything a holder says: it holds the task, under this very fence. */
export const isUnder = (
  task: Pick<TaskNow, "fence" | "holder" | "state">,
  lease: Lease,
): boolean =>
  task.fence === lease.fence && task.holder !== null && !isTerminal(task.state);
