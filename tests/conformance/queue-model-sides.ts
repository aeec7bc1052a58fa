/** Two engines that are asked the same, each on a clock of its own, and what is compared of them. Ids and fences may differ: a task is named by when it came, a lease by its task and attempt. */

import { BalancerError } from "../../flow-balancer/core/errors.ts";
import { holderId, type TaskId } from "../../flow-balancer/core/ids.ts";
import type { Lease, TaskQueue } from "../../flow-balancer/core/queue.ts";
import type { TaskRecord } from "../../flow-balancer/core/task.ts";
import type { WaywardEnv } from "../support/wayward-env.ts";

export const HOLDERS = ["anne", "ben", "cleo"].map(holderId);

export class Side {
  readonly queue: TaskQueue;
  readonly env: WaywardEnv;
  readonly ids: TaskId[] = [];
  /** Every one there ever was, the newest last. */
  readonly leases: Lease[] = [];
  readonly #fences = new Map<TaskId, number>();
  readonly #numbers = new Map<TaskId, number>();

  constructor(queue: TaskQueue, env: WaywardEnv) {
    this.queue = queue;
    this.env = env;
  }

  addId(id: TaskId): void {
    this.#numbers.set(id, this.ids.length);
    this.ids.push(id);
  }

  /** Throws if its fence does not grow. */
  addLease(lease: Lease): void {
    const before = this.#fences.get(lease.id) ?? -1;
    if (lease.fence <= before)
      throw new Error(`fence ${lease.fence} after ${before} of ${lease.id}`);
    this.#fences.set(lease.id, lease.fence);
    this.leases.push(lease);
  }

  /** Of those that hold: where they are among all leases. */
  async live(): Promise<readonly number[]> {
    const places: number[] = [];
    for (const holder of HOLDERS)
      for (const { id, fence } of await this.queue.held(holder))
        places.push(
          this.leases.findIndex((one) => one.id === id && one.fence === fence),
        );
    return places.toSorted((a, b) => a - b);
  }

  /** Leases that were got without a word. */
  async addHeld(): Promise<void> {
    const held = await Promise.all(
      HOLDERS.map((holder) => this.queue.held(holder)),
    );
    const fresh = held
      .flat()
      .filter(({ id, fence }) => this.#fences.get(id) !== fence)
      .toSorted(
        (a, b) => Number(this.numberOf(a.id)) - Number(this.numberOf(b.id)),
      );
    for (const lease of fresh) this.addLease(lease);
  }

  /** Null: it knows no such task. */
  numberOf = (id: TaskId): number | null => this.#numbers.get(id) ?? null;

  numbersOf = (ids: readonly TaskId[]): (number | null)[] =>
    ids.map(this.numberOf).toSorted((a, b) => Number(a) - Number(b));

  told = (task: TaskRecord) => ({
    n: this.numberOf(task.id),
    queue: task.queue,
    kind: task.kind,
    priority: task.priority,
    after: task.after.map(({ id, on }) => [this.numberOf(id), on]),
    state: task.state,
    holder: task.holder,
    attempt: task.attempt,
    startedAt: task.startedAt,
    settledAt: task.settledAt,
    runMs: task.execution?.runMs ?? null,
    error:
      task.result !== null && "error" in task.result
        ? task.result.error.code
        : null,
  });

  /** Every task there is. */
  async lookAtTasks() {
    const { tasks } = await this.queue.list({ limit: 1_000 });
    return tasks.map(this.told);
  }

  /** Who holds what, and how many there are of each state. */
  async look() {
    const held = HOLDERS.map(async (holder) => ({
      holder,
      held: (await this.queue.held(holder))
        .map(({ id, attempt, fence }) => {
          const isNewest = this.#fences.get(id) === fence;
          return `${this.numberOf(id)}/${attempt}${isNewest ? "" : " under another fence"}`;
        })
        .toSorted(),
      cancelAsked: this.numbersOf(await this.queue.cancelAsked(holder)),
    }));
    return {
      holders: await Promise.all(held),
      counts: await this.queue.counts(),
      runTimes: await this.queue.runTimes("a", 5),
    };
  }
}

/** What it answers, or the code it is refused with. */
export async function answerOf(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (thrown) {
    if (thrown instanceof BalancerError) return { refused: thrown.code };
    throw thrown;
  }
}
