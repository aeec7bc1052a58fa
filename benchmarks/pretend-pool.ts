/** Workers in name only, on a clock that jumps from one event to the next: runs take what is drawn for them. For simulations of what is built on a pool. */

import { wireError } from "../flow-balancer/core/errors.ts";
import type { Env } from "../flow-balancer/core/ports.ts";
import type { MonoMs } from "../flow-balancer/core/time.ts";
import type { Execution, TaskResult } from "../flow-balancer/core/task.ts";
import type { HedgingOptions } from "../flow-balancer/hedging.ts";
import { HeapEntry, MinHeap } from "../flow-balancer/pool/min-heap.ts";
import type {
  PoolOutcome,
  PoolRun,
  PoolTask,
} from "../flow-balancer/pool/pool-task.ts";

/** How long a worker takes to be free again when its run is cancelled or killed, ms. */
const STOP_MS = 5;
/** Promises that hang on one another: a run, the race it is in, whoever waits for that. */
const TURNS = 8;

interface Waiting {
  readonly begin: () => void;
}

export class PretendPool {
  readonly env: Pick<Env, "mono" | "timer">;
  readonly asPool: HedgingOptions["pool"];
  /** Of all workers together, ms. */
  busyMs = 0;
  #now = 0;
  #serial = 0;
  #idle: number;
  readonly #events = new MinHeap<() => void>();
  readonly #waiting: Waiting[] = [];
  readonly #drawMs: (task: PoolTask) => number;

  constructor(workers: number, drawMs: (task: PoolTask) => number) {
    this.#idle = workers;
    this.#drawMs = drawMs;
    this.env = {
      mono: () => this.#now as MonoMs,
      timer: (ms, fn) => this.#after(ms, fn),
    };
    this.asPool = {
      run: (task: PoolTask) => this.#run(task),
      // All that is looked at.
      status: () => ({
        waiting: this.#waiting.length,
        starting: 0,
        idle: this.#idle,
      }),
    } as unknown as HedgingOptions["pool"];
  }

  /** Until nothing more is to come. */
  async finish(): Promise<void> {
    for (
      let event = this.#events.peek();
      event !== undefined;
      event = this.#events.peek()
    ) {
      this.#events.remove(event);
      this.#now = event.key;
      event.item();
      for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
    }
  }

  #after(ms: number, fn: () => void): () => void {
    const entry = new HeapEntry(fn);
    this.#events.put(entry, this.#now + ms, ++this.#serial);
    return () => this.#events.remove(entry);
  }

  #run(task: PoolTask): PoolRun {
    const { promise, resolve } = Promise.withResolvers<PoolOutcome>();
    let cancel = (): void => {};
    const waiting: Waiting = {
      begin: () => {
        this.#idle--;
        cancel = this.#begin(task, resolve);
      },
    };
    cancel = () => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      resolve({ result: CANCELLED, execution: null });
    };
    this.#waiting.push(waiting);
    this.#serve();
    return { done: promise, cancel: () => cancel() };
  }

  /** Answers what cancels it. */
  #begin(task: PoolTask, resolve: (outcome: PoolOutcome) => void): () => void {
    const begunAt = this.#now;
    const needsMs = this.#drawMs(task);
    const limitMs = (task.limits?.() ?? task).timeoutMs;
    let isOver = false;
    const end = (result: TaskResult, stopMs: number): void => {
      if (isOver) return;
      isOver = true;
      const runMs = this.#now - begunAt;
      resolve({ result, execution: { runMs } as Execution });
      this.#after(stopMs, () => {
        this.busyMs += this.#now - begunAt;
        this.#idle++;
        this.#serve();
      });
    };
    if (needsMs > limitMs) this.#after(limitMs, () => end(TIMED_OUT, STOP_MS));
    else this.#after(needsMs, () => end(DONE, 0));
    return () => end(CANCELLED, STOP_MS);
  }

  #serve(): void {
    while (this.#idle > 0 && this.#waiting.length > 0)
      this.#waiting.shift()?.begin();
  }
}

const DONE: TaskResult = { status: "completed", valueJson: "null" };
const CANCELLED: TaskResult = {
  status: "cancelled",
  error: wireError("CANCELLED", "cancelled"),
  valueJson: null,
};
const TIMED_OUT: TaskResult = {
  status: "timed_out",
  error: wireError("TASK_TIMEOUT", "too long"),
  valueJson: null,
};
