/**
 * The whole pool under load, without processes: the real manager, its admission, choice and
 * scaling, with simulated workers that take time to start, to load and to run. Seeded chance, one
 * kind, tasks with a deadline.
 *
 * Of a refused task the wait it would have had is worked out from what only the simulation knows:
 * how long everything before it really takes.
 */

import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import { MultiTierPoolManager } from "../../flow-balancer/pool/multi-tier-pool-manager.ts";
import type { PoolKind } from "../../flow-balancer/pool/pool-task.ts";
import { SimulatedFloor } from "../model/simulated-floor.ts";
import type {
  SimulatedRun,
  SimulatedWorker,
} from "../model/simulated-worker.ts";
import { SeededChance } from "./seeded-chance.ts";

export interface LoadScenario {
  readonly seed: number;
  readonly workers: number;
  readonly tasks: number;
  /** Work offered, as a share of what the workers can do. */
  readonly load: number;
  readonly runs: "constant" | "exponential" | "bimodal";
  readonly meanRunMs: number;
  readonly deadlineMs: number;
  readonly spawnMs: number;
  readonly loadMs: number;
}

export interface LoadOutcome {
  readonly admitted: number;
  readonly refused: number;
  /** Of the admitted, the share that ended by its deadline. */
  readonly kept: number;
  /** Work that ended by its deadline, as a share of what could be done: the lesser of what was offered and what the workers can. */
  readonly goodput: number;
  /** Of the refused, the share whose foretold wait was within twice the wait they would have had. */
  readonly refusalsWithinTwice: number;
  readonly workersStarted: number;
}

interface LoadTask {
  readonly at: number;
  readonly runMs: number;
  /** Null while it waits. */
  beganAt: number | null;
}

const KIND: PoolKind = {
  name: "job",
  source: { type: "module", path: "/tasks/job.ts" },
  effects: "idempotent",
  concurrency: null,
  inFlight: 1,
  memoryMb: null,
  env: {},
};

export async function simulatePool(
  scenario: LoadScenario,
): Promise<LoadOutcome> {
  return await new PoolUnderLoad(scenario).run();
}

class PoolUnderLoad {
  readonly #scenario: LoadScenario;
  readonly #chance: SeededChance;
  readonly #floor: SimulatedFloor;
  readonly #pool: MultiTierPoolManager;
  /** Not settled, in the order they came. */
  readonly #open = new Map<string, LoadTask>();
  #arrived = 0;
  #admitted = 0;
  #kept = 0;
  #usefulMs = 0;
  #offeredMs = 0;
  #lastAt = 0;
  readonly #ratios: number[] = [];

  constructor(scenario: LoadScenario) {
    const { seed, spawnMs, loadMs, workers } = scenario;
    this.#scenario = scenario;
    this.#chance = new SeededChance(seed);
    this.#floor = new SimulatedFloor({
      spawnMs,
      loadMs,
      running: (worker, run) => this.#running(worker, run),
    });
    this.#pool = new MultiTierPoolManager(
      this.#floor.options({
        maxWorkers: workers,
        spareWorkers: 1,
        maxWaiting: 10_000,
        idleMs: 60_000,
        startTimeoutMs: 5_000,
        cancelGraceMs: 300,
        maxTasksPerWorker: 1_000,
      }),
    );
  }

  async run(): Promise<LoadOutcome> {
    const { clock } = this.#floor;
    const { workers, tasks } = this.#scenario;
    this.#arrival();
    while (this.#arrived < tasks || this.#open.size > 0) {
      clock.step(clock.nextAt);
      await this.#floor.settle();
    }
    const possibleMs = Math.min(this.#offeredMs, workers * this.#lastAt);
    const near = this.#ratios.filter((ratio) => ratio <= 2).length;
    const outcome = {
      admitted: this.#admitted,
      refused: tasks - this.#admitted,
      kept: this.#kept / this.#admitted,
      goodput: this.#usefulMs / possibleMs,
      refusalsWithinTwice: near / this.#ratios.length,
      workersStarted: this.#floor.started,
    };
    void this.#pool.close(0);
    await this.#floor.advance(1_000);
    return outcome;
  }

  #arrival(): void {
    const { workers, load, meanRunMs, tasks } = this.#scenario;
    const gapMs = meanRunMs / (workers * load);
    this.#floor.clock.timer(this.#chance.exponential(gapMs), () => {
      this.#submit();
      if (this.#arrived < tasks) this.#arrival();
    });
  }

  #submit(): void {
    const { clock } = this.#floor;
    const { deadlineMs } = this.#scenario;
    const id = `task_${++this.#arrived}` as TaskId;
    const it: LoadTask = {
      at: clock.mono(),
      runMs: this.#runMs(),
      beganAt: null,
    };
    this.#offeredMs += it.runMs;
    const wouldWaitMs = this.#wouldWaitMs();
    this.#open.set(id, it);
    try {
      const run = this.#pool.run({
        id,
        kind: KIND,
        attempt: 1,
        inputJson: "{}",
        session: null,
        priority: 0,
        timeoutMs: 1_000_000,
        deadlineMs,
      });
      this.#admitted++;
      void run.done.then(({ result }) => {
        this.#open.delete(id);
        this.#lastAt = clock.mono();
        if (result.status !== "completed") return;
        if (clock.mono() - it.at > deadlineMs) return;
        this.#kept++;
        this.#usefulMs += it.runMs;
      });
    } catch (thrown) {
      this.#open.delete(id);
      this.#refused(thrown, wouldWaitMs);
    }
  }

  #refused(thrown: unknown, wouldWaitMs: number): void {
    if (!(thrown instanceof BalancerError)) throw thrown;
    const told = /about (\d+) ms to wait/.exec(thrown.message)?.[1];
    if (told === undefined) throw thrown;
    // Told in whole milliseconds.
    const toldMs = Math.max(1, Number(told));
    const realMs = Math.max(1, wouldWaitMs);
    this.#ratios.push(Math.max(toldMs / realMs, realMs / toldMs));
  }

  /** First come, first served, by as many workers as there may be. */
  #wouldWaitMs(): number {
    const now = this.#floor.clock.mono();
    const freeInMs: number[] = [];
    const open = [...this.#open.values()];
    for (const { beganAt, runMs } of open)
      if (beganAt !== null) freeInMs.push(Math.max(0, beganAt + runMs - now));
    while (freeInMs.length < this.#scenario.workers) freeInMs.push(0);
    for (const { beganAt, runMs } of open) {
      if (beganAt !== null) continue;
      const first = Math.min(...freeInMs);
      freeInMs[freeInMs.indexOf(first)] = first + runMs;
    }
    return Math.min(...freeInMs);
  }

  #running(worker: SimulatedWorker, run: SimulatedRun): void {
    const it = this.#open.get(run.taskId);
    if (it === undefined) return;
    it.beganAt = this.#floor.clock.mono();
    worker.after(it.runMs, () => worker.complete(run, "null", it.runMs));
  }

  #runMs(): number {
    const { runs, meanRunMs } = this.#scenario;
    if (runs === "constant") return meanRunMs;
    if (runs === "exponential") return this.#chance.exponential(meanRunMs);
    // Nine of ten take a third of the mean, the tenth seven times the mean.
    return this.#chance.next() < 0.9 ? meanRunMs / 3 : meanRunMs * 7;
  }
}
