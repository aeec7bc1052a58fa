/** Runs that a second one may overtake, on workers that are no processes and a clock that moves when told to. */

import type { TaskId } from "../../flow-balancer/core/ids.ts";
import type { PoolSettings } from "../../flow-balancer/core/pool-settings.ts";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import type { TaskRecord } from "../../flow-balancer/core/task.ts";
import { HedgedRun } from "../../flow-balancer/hedged-run.ts";
import { LiveTask } from "../../flow-balancer/live-task.ts";
import { MultiTierPoolManager } from "../../flow-balancer/pool/multi-tier-pool-manager.ts";
import type { PoolOutcome } from "../../flow-balancer/pool/pool-task.ts";
import { kindOf } from "../model/pool-commands.ts";
import { SETTINGS } from "../model/pool-play.ts";
import { SimulatedFloor } from "../model/simulated-floor.ts";
import type {
  SimulatedRun,
  SimulatedWorker,
} from "../model/simulated-worker.ts";

export const AFTER_MS = 1_000;
export const LIMIT_MS = 5_000;
const STOP_MS = 50;
const LOAD_MS = 20;

/** One run of a task on a worker. */
export interface Begun {
  readonly worker: SimulatedWorker;
  readonly run: SimulatedRun;
}

export class HedgedTask {
  readonly id: TaskId;
  readonly live = new LiveTask({} as TaskRecord, PLAIN_TERMS, 100);
  readonly begun: Begun[] = [];
  readonly told: string[] = [];
  readonly outcomes: PoolOutcome[] = [];
  run: HedgedRun | null = null;
  /** While it went on. */
  isCancelled = false;

  constructor(serial: number) {
    this.id = `task_${serial}` as TaskId;
  }

  cancel(): void {
    if (this.outcomes.length === 0) this.isCancelled = true;
    this.run?.cancel();
  }

  get first(): Begun {
    return nth(this.begun, 0);
  }

  get second(): Begun {
    return nth(this.begun, 1);
  }

  get outcome(): PoolOutcome | null {
    return this.outcomes[0] ?? null;
  }
}

export class HedgedPool {
  readonly tasks: HedgedTask[] = [];
  readonly pool: MultiTierPoolManager;
  readonly #floor: SimulatedFloor;
  #words = 0;

  constructor(settings: Partial<PoolSettings> = {}) {
    this.#floor = new SimulatedFloor({
      spawnMs: 40,
      loadMs: LOAD_MS,
      running: (worker, run) =>
        void this.#taskOf(run)?.begun.push({ worker, run }),
      cancelled: (worker, run) => {
        worker.after(STOP_MS, () => {
          if (run.phase !== "ended")
            worker.answer(run, { status: "cancelled" }, 1);
        });
      },
    });
    this.pool = new MultiTierPoolManager(
      this.#floor.options({ ...SETTINGS, ...settings }),
    );
  }

  /** Throws as the pool does. `afterMs` null: it is never worth it. */
  start(afterMs: number | null = AFTER_MS, mayHedge = () => true): HedgedTask {
    const task = new HedgedTask(this.tasks.length + 1);
    this.tasks.push(task);
    task.run = new HedgedRun({
      env: this.#floor.clock,
      pool: this.pool,
      live: task.live,
      task: {
        id: task.id,
        kind: { ...kindOf("plain"), effects: "none" },
        attempt: 1,
        inputJson: "1",
        session: null,
        priority: 0,
        timeoutMs: LIMIT_MS,
        limits: () => ({ timeoutMs: LIMIT_MS }),
      },
      observer: { output: (text, bytes) => task.live.printed(text, bytes) },
      afterMs: () => afterMs,
      mayHedge: () => mayHedge() && this.pool.status().waiting === 0,
      tell: (what) => void task.told.push(what),
    });
    void task.run.done.then((outcome) => task.outcomes.push(outcome));
    return task;
  }

  /** With its first run under way; as many others are idle as the pool has workers. */
  async begun(...of: Parameters<HedgedPool["start"]>): Promise<HedgedTask> {
    this.pool.warm();
    await this.pass(100);
    const task = this.start(...of);
    await this.pass(LOAD_MS);
    return task;
  }

  /** The same, and its second run too. */
  async hedged(): Promise<HedgedTask> {
    const task = await this.begun();
    await this.pass(AFTER_MS + LOAD_MS);
    return task;
  }

  /** It prints who it is, and answers with it. */
  async completes({ worker, run }: Begun, runMs: number): Promise<void> {
    this.says({ worker, run });
    worker.complete(run, JSON.stringify(nameOf({ worker, run })), runMs);
    await this.pass(0);
  }

  says({ worker, run }: Begun): void {
    const text = nameOf({ worker, run });
    const { job } = run;
    const bytes = text.length;
    worker.say({ type: "output", job, text, bytes, stray: false });
  }

  async fails({ worker, run }: Begun): Promise<void> {
    const message = `failure ${++this.#words} of ${nameOf({ worker, run })}`;
    const error = { code: "TASK_THREW", message, retryable: false } as const;
    worker.answer(run, { status: "failed", error, valueJson: null }, 1);
    await this.pass(0);
  }

  async pass(ms: number): Promise<void> {
    this.#floor.clock.disturbed();
    await this.#floor.settle();
    await this.#floor.advance(ms);
    await this.#floor.settle();
  }

  get now(): number {
    return this.#floor.clock.mono();
  }

  /** What workers that are alive run. */
  get running(): Begun[] {
    return this.tasks
      .flatMap(({ begun }) => begun)
      .filter(({ worker, run }) => !worker.isDead && run.phase === "running");
  }

  #taskOf({ taskId }: SimulatedRun): HedgedTask | undefined {
    return this.tasks.find(({ id }) => id === taskId);
  }
}

/** Of a run: no two have the same. */
export const nameOf = ({ worker, run }: Begun): string =>
  `${worker.id}/${run.job}`;

function nth(begun: readonly Begun[], at: number): Begun {
  const it = begun[at];
  if (it === undefined) throw new Error(`run ${at} has not begun`);
  return it;
}
