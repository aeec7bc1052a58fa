/**
 * The task queue in memory: what the port asks for, written to be read, with a scan where an index
 * would be faster. It shares nothing with the SQLite one, so that each shows the other's mistakes.
 */

import { wireError, type WireError } from "../../flow-balancer/core/errors.ts";
import {
  taskId,
  type HolderId,
  type TaskId,
} from "../../flow-balancer/core/ids.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import type {
  CancelAnswer,
  ClaimAsk,
  Claimed,
  Hold,
  Lease,
  ListFilter,
  ListPage,
  NewTask,
  Reclaimed,
  Recorded,
  Settled,
  Settlement,
  Swept,
  TaskQueue,
  Terms,
} from "../../flow-balancer/core/queue.ts";
import type {
  TaskOutput,
  TaskRecord,
  TaskRequest,
  TaskState,
} from "../../flow-balancer/core/task.ts";
import { countsOf, hasEnded, pageOf } from "./memory-queue-pages.ts";
import { MemoryTasks } from "./memory-queue-tasks.ts";
import {
  isReady,
  isPast,
  leaseOf,
  mayTryAgain,
  momentIn,
  pauseOf,
  recordOf,
  requeue,
  takeAway,
  type MemoryTask,
} from "./memory-queue-task.ts";

/** So many holders may die under a task. */
const MAX_DEATHS = 3;
const REFUSED: Settled = { accepted: false, released: [], ended: [] };

export class MemoryQueue implements TaskQueue {
  readonly #env: Env;
  readonly #tasks: MemoryTasks;

  constructor(env: Env) {
    this.#env = env;
    this.#tasks = new MemoryTasks(env);
  }

  async record(request: TaskRequest, terms: Terms): Promise<Recorded> {
    const earlier = this.#tasks.earlier(request);
    if (earlier !== null) return { isNew: false, task: recordOf(earlier) };
    this.#tasks.checkNew([{ id: NOBODY, request, terms }]);
    const id = taskId(this.#env.unique());
    const task = this.#tasks.insert([{ id, request, terms }])[0]!;
    const lease = task.holder === null ? null : leaseOf(task);
    return { isNew: true, task: recordOf(task), lease };
  }

  async add(asked: readonly NewTask[]): Promise<readonly TaskRecord[]> {
    const { fresh, stands } = this.#tasks.replaceKnown(asked);
    this.#tasks.checkNew(fresh);
    this.#tasks.insert(fresh);
    return asked.map(({ id }) =>
      recordOf(this.#tasks.need(stands.get(id) ?? id)),
    );
  }

  async claim(ask: ClaimAsk): Promise<readonly Claimed[]> {
    const now = this.#env.now();
    const urgency = ({ request, submittedAt }: MemoryTask): number =>
      request.priority + Math.floor(Math.max(0, now - submittedAt) / 60_000);
    const wanted = this.#tasks
      .all()
      .filter(
        (task) =>
          isReady(task) &&
          task.terms.queue === ask.queue &&
          (ask.kinds?.includes(task.request.kind) ?? true) &&
          (ask.ids?.includes(task.id) ?? true),
      )
      .sort((a, b) => urgency(b) - urgency(a) || a.seq - b.seq);
    const claimed: Claimed[] = [];
    for (const task of wanted) {
      if (claimed.length >= ask.max) break;
      if (!this.#tasks.groupHasRoom(task)) continue;
      this.#tasks.give(task, ask.holder);
      if (ask.leaseMs !== null) {
        task.leaseEnd = momentIn(this.#env, ask.leaseMs);
        task.state = "running";
        task.startedAt = now;
      }
      const terms = { ...task.terms, awaited: task.awaited };
      claimed.push({ task: recordOf(task), lease: leaseOf(task), terms });
    }
    return claimed;
  }

  async started(lease: Lease): Promise<boolean> {
    const task = this.#tasks.under(lease);
    if (task === null) return false;
    if (task.state === "queued") {
      task.state = "running";
      task.startedAt = this.#env.now();
    }
    return true;
  }

  async extend(
    leases: readonly Lease[],
    leaseMs: number,
  ): Promise<readonly Hold[]> {
    return leases.map((lease) => {
      const task = this.#tasks.under(lease);
      if (task === null) return "lost";
      if (task.leaseEnd !== null) task.leaseEnd = momentIn(this.#env, leaseMs);
      return task.cancelAsked ? "cancel" : "held";
    });
  }

  async settle(lease: Lease, settlement: Settlement): Promise<Settled> {
    const task = this.#tasks.under(lease);
    if (task === null) return REFUSED;
    return { accepted: true, ...this.#tasks.end(task, settlement) };
  }

  async retry(
    lease: Lease,
    settlement: Settlement,
    holdMs = 0,
  ): Promise<Settled & { readonly again: boolean }> {
    const task = this.#tasks.under(lease);
    if (task === null) return { ...REFUSED, again: false };
    if (!mayTryAgain(task, settlement))
      return { ...(await this.settle(lease, settlement)), again: false };
    const pauseMs = Math.max(pauseOf(task), holdMs);
    requeue(task);
    if (pauseMs > 0) task.due = momentIn(this.#env, pauseMs);
    return { ...REFUSED, accepted: true, again: true };
  }

  async release(lease: Lease): Promise<boolean> {
    const task = this.#tasks.under(lease);
    if (task === null) return false;
    if (task.cancelAsked) this.#endWith(task, "cancelled", CANCELLED);
    else {
      task.attempt -= 1;
      requeue(task);
    }
    return true;
  }

  async cancel(id: TaskId, error: WireError): Promise<CancelAnswer | null> {
    const task = this.#tasks.get(id);
    if (task === undefined) return null;
    if (hasEnded(task)) return "ended";
    if (task.holder === null) {
      this.#endWith(task, "cancelled", error);
      return "cancelled";
    }
    task.cancelAsked = true;
    return "asked";
  }

  async redrive(id: TaskId): Promise<boolean> {
    return this.#tasks.redrive(id);
  }

  async told(ids: readonly TaskId[]): Promise<void> {
    for (const id of ids) {
      const task = this.#tasks.get(id);
      if (task !== undefined) task.awaited = false;
    }
  }

  async sweep(): Promise<Swept> {
    const swept = { expired: 0, due: 0 };
    for (const task of this.#tasks.all()) {
      // A lease means nothing once the machine was restarted; a delay goes on by the wall clock.
      if (isPast(this.#env, task.leaseEnd, () => true)) {
        swept.expired += 1;
        if (task.terms.runsOnce)
          this.#endWith(task, "unknown_outcome", UNKNOWN);
        else if (task.cancelAsked) this.#endWith(task, "cancelled", CANCELLED);
        else requeue(task);
      }
      if (
        task.state === "queued" &&
        isPast(this.#env, task.due, ({ wall }) => this.#env.now() >= wall)
      ) {
        swept.due += 1;
        task.due = null;
      }
    }
    return swept;
  }

  async reclaim(
    holder: HolderId,
    { abandon }: { readonly abandon: boolean },
  ): Promise<Reclaimed> {
    const found = { requeued: 0, unknown: 0, poisoned: 0, abandoned: 0 };
    for (const task of this.#tasks.all()) {
      if (task.holder !== holder) continue;
      const hadStarted = task.state === "running";
      if (hadStarted) task.deaths += 1;
      if (task.terms.runsOnce && hadStarted) {
        found.unknown += 1;
        this.#endWith(task, "unknown_outcome", UNKNOWN);
      } else if (task.cancelAsked || (task.awaited && abandon)) {
        found.abandoned += 1;
        this.#endWith(task, "cancelled", CANCELLED);
      } else if (task.deaths >= MAX_DEATHS) {
        found.poisoned += 1;
        this.#endWith(task, "poisoned", POISONED);
      } else {
        found.requeued += 1;
        if (!hadStarted) task.attempt -= 1;
        requeue(task);
      }
    }
    return found;
  }

  async cancelAsked(holder: HolderId): Promise<readonly TaskId[]> {
    return this.#of(holder)
      .filter((task) => task.cancelAsked)
      .map(({ id }) => id);
  }

  async held(holder: HolderId): Promise<readonly Lease[]> {
    return this.#of(holder).map(leaseOf);
  }

  async ended(ids: readonly TaskId[]): Promise<readonly TaskId[]> {
    return ids.filter((id) => hasEnded(this.#tasks.get(id)));
  }

  async get(id: TaskId): Promise<TaskRecord | null> {
    const task = this.#tasks.get(id);
    return task === undefined ? null : recordOf(task);
  }

  async output(id: TaskId): Promise<TaskOutput | null> {
    return this.#tasks.get(id)?.output ?? null;
  }

  async list(filter: ListFilter): Promise<ListPage> {
    return pageOf(this.#tasks.all(), filter);
  }

  async counts(): Promise<Readonly<Record<TaskState, number>>> {
    return countsOf(this.#tasks.all());
  }

  async runTimes(kind: string, limit: number): Promise<readonly number[]> {
    return this.#tasks.runTimes(kind, limit);
  }

  #of(holder: HolderId): MemoryTask[] {
    return this.#tasks.all().filter((task) => task.holder === holder);
  }

  #endWith(
    task: MemoryTask,
    status: "cancelled" | "unknown_outcome" | "poisoned",
    error: WireError,
  ): void {
    takeAway(task);
    const result = { status, error, valueJson: null };
    this.#tasks.end(task, { ...NEVER_RAN, result });
  }
}

const NOBODY = taskId("");
const NEVER_RAN = { execution: null, startedAt: null, output: null };
const CANCELLED = wireError(
  "CANCELLED",
  "it was wanted cancelled, and its holder is gone",
);
const UNKNOWN = wireError(
  "UNKNOWN_OUTCOME",
  "its holder was lost while it may have run",
);
const POISONED = wireError("POISONED", `${MAX_DEATHS} holders died under it`);
