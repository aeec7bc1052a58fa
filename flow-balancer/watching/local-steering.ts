/**
 * What a person may do to this server's tasks, tiers and workers. Each action is one entry of the audit
 * log, with what takes it back: an undo rather than a question before. Who may do it is settled before
 * it comes here.
 */

import type {
  AuditEntryView,
  AuditView,
  TierChange,
} from "../../monitoring/api/shared-views.ts";
import type { BulkView } from "../../monitoring/api/task-views.ts";
import type { Steering } from "../../monitoring/watch.ts";
import { BalancerError } from "../core/errors.ts";
import type { InstanceId, TaskId } from "../core/ids.ts";
import type { MultiTierPoolManager } from "../pool/multi-tier-pool-manager.ts";
import type {
  AuditEntry,
  AuditLog,
  NewAuditEntry,
} from "../store/audit-log.ts";
import {
  killSummary,
  taskDetail,
  taskSummary,
  tierAction,
  tierSummary,
} from "./audit-words.ts";
import {
  bulkOf,
  cancelTasks,
  retryTasks,
  taskIds,
  type Steered,
  type TaskSteeringParts,
} from "./steer-tasks.ts";
import {
  assertSomeLeft,
  cannotUndo,
  isSameSetting,
  undoOf,
  type Undo,
} from "./undo.ts";

export interface SteeringParts extends TaskSteeringParts {
  /** This server's. */
  readonly id: InstanceId;
  readonly pool: Pick<MultiTierPoolManager, "tiers">;
  readonly audit: AuditLog;
  /** They are in the queue again: somebody may claim them. */
  readonly onQueued: (ids: readonly TaskId[]) => void;
}

type OfType<Type extends Undo["type"]> = Extract<Undo, { type: Type }>;

export class LocalSteering implements Steering {
  readonly #parts: SteeringParts;
  readonly #listeners = new Set<(entry: AuditEntryView) => void>();
  /** Entries that are being taken back. */
  readonly #undoing = new Set<number>();

  constructor(parts: SteeringParts) {
    this.#parts = parts;
  }

  /** Of each: what was cancelled, or NOT_FOUND, ALREADY_FINISHED, ... Throws OUT_OF_RANGE. */
  async cancel(ids: readonly string[], by: string): Promise<BulkView> {
    const steered = await cancelTasks(taskIds(ids), this.#parts);
    await this.#logTasks("cancel", steered, by, {
      type: "redrive",
      tasks: steered.done.map(({ id, hasEnded }) => [id, hasEnded]),
    });
    return bulkOf(steered);
  }

  /** Of each: what is queued again, or NOT_FOUND, ALREADY_FINISHED. Throws OUT_OF_RANGE. */
  async retry(ids: readonly string[], by: string): Promise<BulkView> {
    const steered = await this.#requeue(taskIds(ids));
    const { done } = bulkOf(steered);
    await this.#logTasks("retry", steered, by, { type: "cancel", tasks: done });
    return bulkOf(steered);
  }

  /** Throws INVALID_ARGUMENT if it asks for nothing, and what the store throws: nothing but a drain is left of it then. */
  async changeTier(change: TierChange, by: string): Promise<AuditEntryView> {
    const { tier, paused, limit, drain } = change;
    if (paused === undefined && limit === undefined && drain === undefined)
      throw new BalancerError(
        "INVALID_ARGUMENT",
        `nothing is asked of the ${tier} tier`,
        { hint: "Name at least one of paused, limit and drain." },
      );
    const before = this.#setting(tier);
    const leaving = this.#parts.pool.tiers.steer(tier, change);
    const after = this.#setting(tier);
    const undo = { type: "tier", tier, before, after } as const;
    try {
      return await this.#write({
        action: tierAction(change),
        by,
        target: `${tier} tier`,
        detail: this.#here(tierSummary(change, leaving), { before, after }),
        undo: isSameSetting(before, after)
          ? null
          : { ...undo, instance: this.#parts.id },
      });
    } catch (thrown) {
      // What is not in the log is not left done, as far as it can be taken back.
      if (isSameSetting(this.#setting(tier), after))
        this.#parts.pool.tiers.steer(tier, before);
      throw thrown;
    }
  }

  /** Throws NOT_FOUND or ALREADY_FINISHED. Nothing takes it back. */
  async killWorker(id: string, by: string): Promise<AuditEntryView> {
    const tasks = this.#parts.pool.tiers.kill(id);
    const summary = killSummary(tasks, this.#parts.pool.tiers.control("cold"));
    return this.#write({
      action: "worker.killed",
      by,
      target: id,
      detail: this.#here(summary, { tasks }),
      undo: null,
    });
  }

  /** Throws NOT_FOUND, or ALREADY_FINISHED for what cannot be taken back (any more). */
  async undo(seq: number, by: string): Promise<AuditEntryView> {
    const entry = this.#parts.audit.get(seq);
    if (entry === null)
      throw new BalancerError("NOT_FOUND", `there is no entry ${seq}`, {
        hint: "The audit log keeps the newest 10,000.",
      });
    const undo = undoOf(entry);
    if (undo === null)
      throw cannotUndo(seq, `nothing takes ${entry.action} back`);
    if (entry.undoneBy !== null)
      throw cannotUndo(seq, `entry ${entry.undoneBy} did it already`);
    if (this.#undoing.has(seq)) throw cannotUndo(seq, "somebody is doing it");
    this.#undoing.add(seq);
    try {
      if (undo.type === "tier") return await this.#undoTier(entry, undo, by);
      const steered =
        undo.type === "redrive"
          ? await this.#undoCancel(entry, undo)
          : await this.#undoRetry(seq, undo);
      return await this.#write(
        {
          action:
            undo.type === "redrive"
              ? "task.cancel_undone"
              : "task.retry_undone",
          by,
          target: entry.target,
          detail: {
            summary: `entry ${seq}: ${taskSummary(steered)}`,
            ...taskDetail(steered),
          },
          undo: null,
        },
        seq,
      );
    } finally {
      this.#undoing.delete(seq);
    }
  }

  /** The newest 500 of all servers of the home. */
  list(): AuditView {
    return { entries: this.#parts.audit.newest().map((it) => this.#view(it)) };
  }

  /** Hears of what is done here, until the returned function is called. */
  onAudit(listener: (entry: AuditEntryView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #undoTier(
    { seq, target }: AuditEntry,
    { instance, tier, before, after }: OfType<"tier">,
    by: string,
  ): Promise<AuditEntryView> {
    if (instance !== this.#parts.id)
      throw cannotUndo(
        seq,
        "it was another server's tier, or this one's before it was started anew",
      );
    if (!isSameSetting(after, this.#setting(tier)))
      throw cannotUndo(seq, `the ${tier} tier was changed since`);
    this.#parts.pool.tiers.steer(tier, before);
    const summary = `entry ${seq}: ${tierSummary(before, 0)}`;
    const detail = this.#here(summary, before);
    const action = "tier.change_undone";
    return this.#write({ action, by, target, detail, undo: null }, seq);
  }

  /** Only what is as the cancel left it: whatever ended later was somebody else's doing. */
  async #undoCancel(
    { seq, at }: AuditEntry,
    { tasks }: OfType<"redrive">,
  ): Promise<Steered> {
    const { engine } = this.#parts;
    const isAsLeft = async ([id, hasEnded]: (typeof tasks)[number]) => {
      const task = await engine.get(id as TaskId);
      if (task?.state !== "cancelled") return false;
      return !hasEnded || (task.settledAt ?? 0) <= at;
    };
    const asLeft = await Promise.all(tasks.map(isAsLeft));
    const ids = tasks.map(([id]) => id as TaskId);
    const steered = await this.#requeue(ids.filter((_, n) => asLeft[n]));
    const changed = ids.filter((_, n) => asLeft[n] === false).map(changedSince);
    const failed = [...steered.failed, ...changed];
    return assertSomeLeft(seq, { done: steered.done, failed });
  }

  /** Only what has not ended since. */
  async #undoRetry(seq: number, { tasks }: OfType<"cancel">): Promise<Steered> {
    const steered = await cancelTasks(tasks as TaskId[], this.#parts);
    return assertSomeLeft(seq, steered);
  }

  async #requeue(ids: readonly TaskId[]): Promise<Steered> {
    const steered = await retryTasks(ids, this.#parts);
    if (steered.done.length > 0)
      this.#parts.onQueued(steered.done.map(({ id }) => id));
    return steered;
  }

  #setting(tier: TierChange["tier"]): OfType<"tier">["before"] {
    const { paused, limit } = this.#parts.pool.tiers.control(tier);
    return { paused, limit };
  }

  #logTasks(
    what: "cancel" | "retry",
    steered: Steered,
    by: string,
    undo: Undo,
  ): Promise<AuditEntryView> {
    const { done, failed } = steered;
    const all = [
      ...done.map(({ id }) => id),
      ...failed.map((it) => it.task_id),
    ];
    const past = what === "cancel" ? "cancelled" : "retried";
    return this.#write({
      action: done.length > 0 ? `task.${past}` : `task.${what}_refused`,
      by,
      target: all.length === 1 ? String(all[0]) : `${all.length} tasks`,
      detail: {
        summary: `${past}: ${taskSummary(steered)}`,
        ...taskDetail(steered),
      },
      undo: done.length > 0 ? undo : null,
    });
  }

  async #write(entry: NewAuditEntry, undoes?: number): Promise<AuditEntryView> {
    const view = this.#view(await this.#parts.audit.add(entry, undoes));
    for (const listener of this.#listeners) listener(view);
    return view;
  }

  /** What is said of a part of this server. */
  #here(
    summary: string,
    more: NewAuditEntry["detail"],
  ): NewAuditEntry["detail"] {
    return { summary, instance: this.#parts.id, ...more };
  }

  #view(entry: AuditEntry): AuditEntryView {
    const { seq, at, action, by, target, detail } = entry;
    const { summary, instance = this.#parts.id } = detail;
    // Every server of the home has such a tier, and such a worker.
    const where = instance === this.#parts.id ? "" : ` (of ${instance})`;
    return {
      ...{ seq, at, action, by, target },
      detail: typeof summary === "string" ? `${summary}${where}` : null,
      can_undo: entry.undoneBy === null && this.#mayUndo(undoOf(entry)),
    };
  }

  #mayUndo(undo: Undo | null): boolean {
    if (undo?.type !== "tier") return undo !== null;
    return (
      undo.instance === this.#parts.id &&
      isSameSetting(undo.after, this.#setting(undo.tier))
    );
  }
}

const changedSince = (id: string): BulkView["failed"][number] => ({
  task_id: id,
  code: "ALREADY_FINISHED",
  message: "it is not as it was left",
});
