/** A pool whose workers are no processes, on a clock that moves when told to; each task is told from outside what it says. */

import type { TaskId } from "../../flow-balancer/core/ids.ts";
import type { Execution } from "../../flow-balancer/core/task.ts";
import { MultiTierPoolManager } from "../../flow-balancer/pool/multi-tier-pool-manager.ts";
import type {
  PoolOutcome,
  PoolRun,
  PoolTask,
} from "../../flow-balancer/pool/pool-task.ts";
import type { FromWorker } from "../../flow-balancer/worker/protocol.ts";
import { kindOf } from "../model/pool-commands.ts";
import { SETTINGS } from "../model/pool-play.ts";
import { SimulatedFloor } from "../model/simulated-floor.ts";
import type {
  SimulatedRun,
  SimulatedWorker,
} from "../model/simulated-worker.ts";

const SPAWN_MS = 40;
export const LOAD_MS = 20;

/** One task, and the worker it has. */
export class Watched {
  readonly id: TaskId;
  poolRun: PoolRun | null = null;
  outcome: PoolOutcome | null = null;
  /** Each time it began. */
  readonly begun: { worker: SimulatedWorker; run: SimulatedRun }[] = [];

  constructor(serial: number) {
    this.id = `task_${serial}` as TaskId;
  }

  get execution(): Execution {
    const execution = this.outcome?.execution;
    if (!execution) throw new Error(`${this.id} has no execution`);
    return execution;
  }

  get worker(): SimulatedWorker {
    return this.#last.worker;
  }

  say(what: (job: number) => FromWorker): void {
    this.worker.say(what(this.#last.run.job));
  }

  finish(runMs: number): void {
    this.worker.complete(this.#last.run, '"done"', runMs);
  }

  get #last() {
    const last = this.begun.at(-1);
    if (last === undefined) throw new Error(`${this.id} has not begun`);
    return last;
  }
}

export class SimulatedPool {
  readonly pool: MultiTierPoolManager;
  readonly #tasks = new Map<string, Watched>();
  readonly #floor: SimulatedFloor;

  /** `stopMs`: how long a task takes to stop when told; Infinity: it is deaf. */
  constructor(
    settings: Partial<typeof SETTINGS>,
    { stopMs = 50, loadMs = LOAD_MS } = {},
  ) {
    this.#floor = new SimulatedFloor({
      spawnMs: SPAWN_MS,
      loadMs,
      running: (worker, run) =>
        void this.#tasks.get(run.taskId)?.begun.push({ worker, run }),
      cancelled: (worker, run) => {
        if (stopMs === Number.POSITIVE_INFINITY) return;
        worker.after(stopMs, () =>
          worker.answer(run, { status: "cancelled" }, 1),
        );
      },
    });
    this.pool = new MultiTierPoolManager(
      this.#floor.options({ ...SETTINGS, ...settings }),
    );
  }

  get clock(): SimulatedFloor["clock"] {
    return this.#floor.clock;
  }

  get workers(): readonly SimulatedWorker[] {
    return [...this.#floor.workers];
  }

  run(more: Partial<PoolTask> & Pick<PoolTask, "timeoutMs">): Watched {
    const task = new Watched(this.#tasks.size + 1);
    this.#tasks.set(task.id, task);
    task.poolRun = this.pool.run({
      id: task.id,
      kind: kindOf("plain"),
      attempt: 1,
      inputJson: "1",
      session: null,
      priority: 0,
      ...more,
    });
    void task.poolRun.done.then((outcome) => (task.outcome = outcome));
    return task;
  }

  async untilBegun(task: Watched, times = 1): Promise<void> {
    for (let ms = 0; task.begun.length < times; ms++) {
      if (ms > 10_000) throw new Error(`${task.id} does not begin`);
      await this.pass(1);
    }
  }

  async pass(ms: number): Promise<void> {
    await this.#floor.settle();
    await this.#floor.advance(ms);
    await this.#floor.settle();
  }
}
