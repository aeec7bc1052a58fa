/** The tasks of the in-memory queue, and the steps that touch more than one of them. */

import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { HolderId, TaskId } from "../../flow-balancer/core/ids.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import type {
  Lease,
  NewTask,
  Settlement,
} from "../../flow-balancer/core/queue.ts";
import { isTerminal, type TaskRequest } from "../../flow-balancer/core/task.ts";
import {
  breaker,
  brokenBy,
  checkCycles,
  checkParents,
  endedForOthers,
  isKept,
  tie,
} from "./memory-queue-graph.ts";
import {
  isReady,
  keepSettlement,
  makeAnew,
  newMemoryTask,
  type MemoryTask,
} from "./memory-queue-task.ts";

interface Ends {
  readonly released: TaskId[];
  readonly ended: TaskId[];
}

export class MemoryTasks {
  readonly #env: Env;
  /** In the order they came. */
  readonly #byId = new Map<TaskId, MemoryTask>();
  /** The last to end is the last. */
  readonly #runs: { readonly kind: string; readonly runMs: number }[] = [];

  constructor(env: Env) {
    this.#env = env;
  }

  all = (): MemoryTask[] => [...this.#byId.values()];
  get = (id: TaskId): MemoryTask | undefined => this.#byId.get(id);

  need(id: TaskId): MemoryTask {
    const task = this.#byId.get(id);
    if (task === undefined) throw new Error(`no task ${id}`);
    return task;
  }

  /** Null: the lease was lost, or the task has ended. */
  under({ id, fence }: Lease): MemoryTask | null {
    const task = this.#byId.get(id);
    return task !== undefined && task.holder !== null && task.fence === fence
      ? task
      : null;
  }

  /** Throws IDEMPOTENCY_CONFLICT. */
  earlier(request: TaskRequest): MemoryTask | null {
    const { idempotencyKey: key } = request;
    if (key === null) return null;
    const found = this.all().find(
      (task) => task.request.idempotencyKey === key,
    );
    if (found !== undefined) checkTwins(found, request);
    return found ?? null;
  }

  /** Those whose key was seen before are not new: which task stands in for each, and the others, which come after it instead. */
  replaceKnown(asked: readonly NewTask[]): {
    readonly fresh: readonly NewTask[];
    readonly stands: ReadonlyMap<TaskId, TaskId>;
  } {
    const stands = new Map<TaskId, TaskId>();
    const byKey = new Map<string, NewTask>();
    for (const one of asked) {
      const { idempotencyKey: key } = one.request;
      if (key === null) continue;
      const twin = byKey.get(key);
      if (twin !== undefined) checkTwins(twin, one.request);
      const known = this.earlier(one.request)?.id ?? twin?.id;
      if (known !== undefined) stands.set(one.id, known);
      else byKey.set(key, one);
    }
    const fresh = asked
      .filter(({ id }) => !stands.has(id))
      .map((one) => ({
        ...one,
        request: {
          ...one.request,
          after: one.request.after.map(({ id, on }) => ({
            id: stands.get(id) ?? id,
            on,
          })),
        },
      }));
    return { fresh, stands };
  }

  /** Throws NOT_FOUND, INVALID_ARGUMENT or DEPENDENCY_CYCLE. */
  checkNew(fresh: readonly NewTask[]): void {
    const graph = new Map<TaskId, readonly TaskId[]>();
    for (const { id, request } of fresh) {
      if (graph.has(id) || this.#byId.has(id))
        throw new BalancerError(
          "INVALID_ARGUMENT",
          `there is a task ${id} already`,
        );
      graph.set(
        id,
        request.after.map((parent) => parent.id),
      );
    }
    checkCycles(graph);
    for (const { request } of fresh)
      checkParents(request.after, (id) => graph.has(id) || this.#byId.has(id));
  }

  insert(fresh: readonly NewTask[]): readonly MemoryTask[] {
    const tasks = fresh.map((one) => {
      const task = newMemoryTask(this.#env, this.#byId.size + 1, one);
      this.#byId.set(one.id, task);
      return task;
    });
    const free = tasks.filter((task) => {
      this.#takeStock(task);
      return isReady(task);
    });
    for (const task of free) {
      const { holder } = task.terms;
      if (holder !== null && this.groupHasRoom(task)) this.give(task, holder);
    }
    return tasks;
  }

  give(task: MemoryTask, holder: HolderId): void {
    task.holder = holder;
    task.attempt += 1;
    task.fence += 1;
  }

  groupHasRoom({ terms: { group } }: MemoryTask): boolean {
    if (group === null) return true;
    const held = this.all().filter(
      (other) => other.holder !== null && other.terms.group?.key === group.key,
    );
    return held.length < group.limit;
  }

  /** Ends it, and one after the other what can no longer run because of it. */
  end(task: MemoryTask, settlement: Settlement): Ends {
    const now = this.#env.now();
    const ends: Ends = { released: [], ended: [] };
    keepSettlement(task, settlement, now);
    const runMs = settlement.execution?.runMs;
    const isOfPool = task.terms.queue === "pool";
    if (isOfPool && task.state === "completed" && runMs !== undefined)
      this.#runs.push({ kind: task.request.kind, runMs });
    const parents = [task];
    for (
      let parent = parents.shift();
      parent !== undefined;
      parent = parents.shift()
    )
      for (const child of this.all()) {
        const on = child.open.get(parent.id);
        if (on === undefined) continue;
        child.open.delete(parent.id);
        if (!isKept({ id: parent.id, on }, parent)) {
          this.#endUnrun(child, parent);
          ends.ended.push(child.id);
          parents.push(child);
        } else if (isReady(child)) ends.released.push(child.id);
      }
    return ends;
  }

  /** Back into the queue, and what ended for its sake too. */
  redrive(id: TaskId): boolean {
    const first = this.#byId.get(id);
    if (first === undefined || !mayComeBack(first)) return false;
    if (breaker(this.#byId, first) !== null) return false;
    const back = [first];
    for (let task = back.shift(); task !== undefined; task = back.shift()) {
      makeAnew(task);
      tie(this.#byId, task);
      for (const child of this.all())
        if (
          !back.includes(child) &&
          mayComeBack(child) &&
          endedForOthers(child) &&
          child.request.after.some((wish) => wish.id === task!.id) &&
          breaker(this.#byId, child) === null
        )
          back.push(child);
    }
    return true;
  }

  runTimes(kind: string, limit: number): readonly number[] {
    return this.#runs
      .filter((run) => run.kind === kind)
      .reverse()
      .slice(0, limit)
      .map(({ runMs }) => runMs);
  }

  /** Of a new task: which parents have ended already, and whether that is its own end. */
  #takeStock(task: MemoryTask): void {
    const parent = breaker(this.#byId, task);
    if (parent !== null)
      this.end(task, {
        result: brokenBy(parent),
        execution: null,
        startedAt: null,
        output: null,
      });
    else tie(this.#byId, task);
  }

  #endUnrun(child: MemoryTask, parent: MemoryTask): void {
    keepSettlement(
      child,
      {
        result: brokenBy(parent),
        execution: null,
        startedAt: null,
        output: null,
      },
      this.#env.now(),
    );
  }
}

const mayComeBack = ({ state }: MemoryTask): boolean =>
  isTerminal(state) && state !== "completed";

function checkTwins(
  { id, request }: Pick<NewTask, "id" | "request">,
  later: TaskRequest,
): void {
  if (request.kind === later.kind && request.inputJson === later.inputJson)
    return;
  throw new BalancerError(
    "IDEMPOTENCY_CONFLICT",
    `the idempotency_key was used for another task (${id}), with a different input`,
  );
}
