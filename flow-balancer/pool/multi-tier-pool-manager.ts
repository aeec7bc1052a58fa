/**
 * The pool of worker processes over all tiers: admits tasks, places them, and answers each
 * exactly once. A task is in exactly one place: the wait list, one worker, or settled.
 */

import type { PoolSettings } from "../core/pool-settings.ts";
import { BalancerError, wireError } from "../core/errors.ts";
import type { SessionId } from "../core/ids.ts";
import type { PoolStatus } from "../core/pool-status.ts";
import type { Env } from "../core/ports.ts";
import { Job } from "./job.ts";
import { place } from "./placement.ts";
import { poolStatus } from "./pool-status.ts";
import type { PoolKind, PoolObserver, PoolRun, PoolTask } from "./pool-task.ts";
import { WaitList } from "./wait-list.ts";
import { WorkerPool, type WorkerPoolOptions } from "./worker-pool.ts";

export type PoolOptions = Omit<WorkerPoolOptions, "client">;

export class MultiTierPoolManager {
  readonly #env: Env;
  readonly #settings: PoolSettings;
  readonly #workers: WorkerPool;
  readonly #waiting = new WaitList<Job>();
  readonly #runningOfKind = new Map<string, number>();
  #closing = false;

  constructor(options: PoolOptions) {
    this.#env = options.env;
    this.#settings = options.settings;
    this.#workers = new WorkerPool({
      ...options,
      client: {
        demand: () => this.#demand(),
        workerFree: () => this.#placeWaiting(),
        cannotStart: (reason) => this.#failWaiting(reason),
      },
    });
  }

  /** Starts the spares, so that the first task finds one. */
  warm(): void {
    this.#workers.refill();
  }

  /** Throws QUEUE_FULL or SHUTTING_DOWN; nothing was started then. */
  run(task: PoolTask, observer: PoolObserver = {}): PoolRun {
    return this.#admit(new Job(task, observer, this.#env, false));
  }

  /** Loads a kind into a worker and answers, as JSON text, what it says of itself. */
  describe(task: PoolTask): PoolRun {
    return this.#admit(new Job(task, {}, this.#env, true));
  }

  status(): PoolStatus {
    return poolStatus(
      this.#workers.slots,
      this.#waiting.size,
      this.#settings.maxWorkers,
      this.#env.mono(),
    );
  }

  /** Lets go of the workers that hold the session's memory, the busy ones once they are done. */
  releaseSession(session: SessionId): void {
    for (const slot of this.#workers.slots)
      if (slot.session === session) slot.release();
  }

  /** Refuses new tasks, gives running ones `graceMs`, then ends every worker. Resolves when all are gone. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    for (const job of this.#waiting) {
      this.#waiting.delete(job);
      job.failed(wireError("SHUTTING_DOWN", "the server is shutting down"));
    }
    await this.#workers.close(graceMs);
  }

  #admit(job: Job): PoolRun {
    if (this.#closing)
      throw new BalancerError("SHUTTING_DOWN", "the server is shutting down", {
        hint: "Submit again once it is back.",
      });
    if (this.#waiting.size >= this.#settings.maxWaiting)
      throw new BalancerError(
        "QUEUE_FULL",
        `${this.#waiting.size} tasks wait already, the limit is ${this.#settings.maxWaiting}`,
        { hint: "Wait for some of them, or raise pool.max_waiting." },
      );
    this.#waiting.add(job);
    this.#placeWaiting();
    return { done: job.done, cancel: () => this.#cancel(job) };
  }

  #cancel(job: Job): void {
    if (this.#waiting.delete(job)) job.dropped();
    else
      this.#workers.slots
        .find((slot) => slot.job === job)
        ?.end({ type: "cancelled" });
  }

  /** Gives out idle workers until none fits. Never starts a process itself. */
  #placeWaiting(): void {
    let unplaced = 0;
    for (const job of this.#waiting) {
      if (this.#workers.idle.size === 0) break;
      if (!this.#mayRun(job.task.kind)) continue;
      const placement = place(
        { session: job.task.session, kind: job.task.kind.name },
        this.#workers.idle,
      );
      if (placement.type === "wait") break;
      if (placement.type === "replace") {
        unplaced++;
        continue;
      }
      this.#waiting.delete(job);
      const { name } = job.task.kind;
      this.#runningOfKind.set(name, (this.#runningOfKind.get(name) ?? 0) + 1);
      void job.done.then(() => this.#finished(name));
      this.#workers.take(placement.worker).assign(job, placement.tier);
    }
    if (unplaced > 0) this.#workers.makeRoom(unplaced);
    this.#workers.refill();
  }

  #finished(kind: string): void {
    const running = (this.#runningOfKind.get(kind) ?? 1) - 1;
    if (running === 0) this.#runningOfKind.delete(kind);
    else this.#runningOfKind.set(kind, running);
    if (this.#waiting.size > 0) this.#placeWaiting();
  }

  #mayRun(kind: PoolKind): boolean {
    return (
      kind.concurrency === null ||
      (this.#runningOfKind.get(kind.name) ?? 0) < kind.concurrency
    );
  }

  /** Waiting tasks a new worker could take; more than there may be workers need not be counted. */
  #demand(): number {
    let demand = 0;
    for (const job of this.#waiting)
      if (this.#mayRun(job.task.kind) && ++demand >= this.#settings.maxWorkers)
        break;
    return demand;
  }

  #failWaiting(reason: string): void {
    for (const job of this.#waiting) {
      this.#waiting.delete(job);
      job.failed(
        wireError(
          "SPAWN_FAILED",
          `no worker process could be started: ${reason}`,
          "Run 'flow-balancer doctor'.",
        ),
      );
    }
  }
}
