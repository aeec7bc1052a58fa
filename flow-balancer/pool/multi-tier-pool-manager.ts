/**
 * The pool of worker processes over all tiers: admits tasks, places them, and answers each
 * exactly once. A library of its own: no store, no MCP.
 */

import { BalancerError, wireError } from "../core/errors.ts";
import type { SessionId } from "../core/ids.ts";
import type {
  KeepWarmStatus,
  PoolStarts,
  PoolStatus,
} from "../core/pool-status.ts";
import type { Env } from "../core/ports.ts";
import { Estimates } from "./estimates.ts";
import { Job, type JobOwner } from "./job.ts";
import { KindUse, type KindObserver } from "./kind-use.ts";
import { Placer } from "./placer.ts";
import { poolStatus } from "./pool-status.ts";
import type {
  PoolObserver,
  PoolOutcome,
  PoolRun,
  PoolTask,
} from "./pool-task.ts";
import { StopTimes } from "./stop-times.ts";
import { TierControls } from "./tier-controls.ts";
import { TierSteering } from "./tier-steering.ts";
import { WorkerPool, type WorkerPoolOptions } from "./worker-pool.ts";
import type { WorkerSlot } from "./worker-slot.ts";

export interface PoolOptions extends Omit<
  WorkerPoolOptions,
  "client" | "controls"
> {
  /** Hears of the work of each kind, for who decides how long its workers are kept. */
  readonly observeKind?: KindObserver;
  /** How long workers of each kind are kept now, for the status; default: nothing is said of it. */
  readonly keepWarmStatus?: () => readonly KeepWarmStatus[];
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const NOBODY: PoolObserver = {};

/** Of tasks that share a worker, so many are so short that one in so many is enough to learn from. */
const LEARN_EVERY = 8;

export class MultiTierPoolManager {
  readonly #env: Env;
  readonly #workers: WorkerPool;
  readonly #placer: Placer;
  readonly #times = new Estimates();
  readonly #stopTimes = new StopTimes();
  readonly #owner: JobOwner;
  readonly #use: KindUse;
  readonly #keepWarmStatus: () => readonly KeepWarmStatus[];
  /** A copy: the maximum may change. */
  readonly #settings: Mutable<PoolOptions["settings"]>;
  readonly #configuredWorkers: number;
  readonly #controls = new TierControls<WorkerSlot>();
  readonly #steering: TierSteering;
  #unlearned = 0;
  #closing = false;

  constructor(options: PoolOptions) {
    this.#env = options.env;
    this.#configuredWorkers = options.settings.maxWorkers;
    this.#settings = { ...options.settings };
    this.#use = new KindUse(options.env, options.observeKind);
    this.#keepWarmStatus = options.keepWarmStatus ?? (() => []);
    this.#owner = {
      cancel: (job) => this.#cancel(job),
      left: (job, outcome) => this.#left(job, outcome),
      again: (job) => this.#again(job),
      graceMs: (kind) => this.#stopTimes.graceMs(kind),
    };
    this.#workers = new WorkerPool({
      ...options,
      settings: this.#settings,
      controls: this.#controls,
      client: {
        demand: () => this.#placer.demand(),
        waiting: () => this.#placer.waiting,
        taskMs: () => this.#times.meanRunMs,
        freeInMs: ({ kind, busySince }) =>
          kind === null
            ? null
            : this.#times.remainingMs(kind, this.#env.mono() - busySince),
        workerFree: (slot) => {
          if (slot !== undefined) this.#use.ended(slot);
          if (slot?.tasksDone === 0) this.#times.observeSpawn(slot.readyMs);
          if (this.#placer.waiting > 0) this.#placer.place();
        },
        workerGone: (slot) => {
          this.#use.ended(slot);
          this.#controls.gone(slot);
          if (slot.session !== null) this.#placer.unpark(slot.session);
        },
        tierChanged: () => this.#steering.tierChanged(),
        cannotStart: (reason) => this.#failWaiting(reason),
      },
    });
    this.#placer = new Placer({
      env: options.env,
      settings: this.#settings,
      workers: this.#workers,
      times: this.#times,
      use: this.#use,
      controls: this.#controls,
    });
    this.#steering = new TierSteering({
      controls: this.#controls,
      workers: this.#workers,
      placer: this.#placer,
      later: options.later ?? setImmediate,
    });
  }

  /** As it is now; see `resize`. */
  get maxWorkers(): number {
    return this.#settings.maxWorkers;
  }

  /** Starts the spares, so that the first task finds one. */
  warm(): void {
    this.#workers.refill();
  }

  /** Throws QUEUE_FULL, DEADLINE_UNREACHABLE or SHUTTING_DOWN; nothing was started then. */
  run(task: PoolTask, observer: PoolObserver = NOBODY): PoolRun {
    return this.#submit(new Job(task, observer, this.#env, this.#owner, false));
  }

  /** Loads a kind into a worker and answers, as JSON text, what it says of itself. */
  describe(task: PoolTask): PoolRun {
    return this.#submit(new Job(task, NOBODY, this.#env, this.#owner, true));
  }

  status(): PoolStatus {
    return poolStatus(this.#workers.slots, {
      waiting: this.#placer.waiting,
      maxWorkers: this.#settings.maxWorkers,
      configuredWorkers: this.#configuredWorkers,
      predictions: this.#times.predictionErrors(),
      keepWarm: this.#keepWarmStatus(),
      controls: this.#controls.all(),
      now: this.#env.mono(),
      epoch: this.#env.now(),
    });
  }

  /** Whether workers can be started. */
  starts(): PoolStarts {
    return { ...this.#workers.starts, closing: this.#closing };
  }

  /** From nothing to a worker that has the kind loaded, ms, as learned; null: of any kind. */
  startMs(kind: string | null): number {
    return this.#times.spawnMs + this.#times.loadMs(kind);
  }

  /** What workers that have the kind loaded hold on average, MiB; null: of any kind. Answers null where none was measured. */
  memoryMb(kind: string | null): number | null {
    let sum = 0;
    let count = 0;
    for (const { loaded, memoryMb } of this.#workers.all) {
      const isOfKind = kind === null ? loaded.size > 0 : loaded.has(kind);
      if (memoryMb === null || !isOfKind) continue;
      sum += memoryMb;
      count++;
    }
    return count === 0 ? null : sum / count;
  }

  /** Lets go of the workers that hold the session's memory, the busy ones once they are done. */
  releaseSession(session: SessionId): void {
    for (const slot of this.#workers.slots)
      if (slot.session === session) slot.release();
    this.#placer.unpark(session);
    this.#placer.place();
  }

  /** A change of the session's state could not be saved: its workers are given what is, with their next job. */
  forgetSession(session: SessionId): void {
    for (const slot of this.#workers.all) slot.starts.forgetState(session);
  }

  /**
   * From now on at most so many workers, 1 up to what was configured. Those above it are let go, the
   * longest unused first, busy ones once they are done. Throws OUT_OF_RANGE.
   */
  resize(maxWorkers: number): void {
    if (!(maxWorkers >= 1 && maxWorkers <= this.#configuredWorkers))
      throw new BalancerError(
        "OUT_OF_RANGE",
        `max_workers must be 1..${this.#configuredWorkers}, not ${maxWorkers}`,
        { hint: "The upper limit is pool.max_workers of the configuration." },
      );
    this.#settings.maxWorkers = Math.floor(maxWorkers);
    const staying = this.#workers.slots
      .filter(({ state, released }) => !released && state !== "retiring")
      .sort((a, b) => a.inFlight - b.inFlight || a.idleSince - b.idleSince);
    const surplus = Math.max(0, staying.length - this.#settings.maxWorkers);
    for (const slot of staying.slice(0, surplus)) {
      slot.release();
      if (slot.session !== null) this.#placer.unpark(slot.session);
    }
    this.#placer.place();
  }

  /** What a person did to the tiers, what can be done, and what waits for it. */
  get tiers(): Pick<
    TierSteering,
    "steer" | "control" | "kill" | "heldBecause" | "open"
  > {
    return this.#steering;
  }

  /** Refuses new tasks, gives running ones `graceMs`, then ends every worker. Resolves when all are gone. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    for (const job of this.#placer.takeAll())
      job.failed(wireError("SHUTTING_DOWN", "the server is shutting down"));
    this.#placer.stop();
    await this.#workers.close(graceMs);
  }

  #submit(job: Job): PoolRun {
    if (this.#closing)
      throw new BalancerError("SHUTTING_DOWN", "the server is shutting down", {
        hint: "Submit again once it is back.",
      });
    this.#placer.submit(job);
    return job;
  }

  #cancel(job: Job): void {
    if (this.#placer.drop(job)) job.dropped();
    else job.slot?.end(job, { type: "cancelled" });
  }

  #again(job: Job): void {
    if (this.#closing)
      job.failed(wireError("SHUTTING_DOWN", "the server is shutting down"));
    else this.#placer.again(job);
  }

  #left(job: Job, { result, execution }: PoolOutcome): void {
    const { slot } = job;
    const isAlive = slot !== null && slot.state !== "dead";
    if (execution !== null && !job.describeOnly && this.#isToLearn(job)) {
      const { tier, startMs, runMs } = execution;
      const { name } = job.task.kind;
      this.#times.observe({
        kind: name,
        tier,
        // Of a kind that was not loaded in the end nothing is learned.
        startMs: job.begunAt === null ? 0 : startMs,
        runMs,
        status: result.status,
      });
      if (result.status === "completed") {
        const { placedAt, task } = job;
        const predicted = execution.decision?.predicted;
        if (predicted !== undefined)
          this.#times.observePrediction(predicted, execution);
        if (task.kind.inFlight === 1)
          this.#times.observeOverhead(
            this.#env.mono() - placedAt - startMs - runMs,
          );
      }
      if (job.endedAt !== null)
        this.#stopTimes.observe(name, this.#env.mono() - job.endedAt, isAlive);
    }
    this.#placer.left(job, isAlive);
  }

  #isToLearn(job: Job): boolean {
    if (job.task.kind.inFlight === 1 || job.ending !== null) return true;
    this.#unlearned = (this.#unlearned + 1) % LEARN_EVERY;
    return this.#unlearned === 0;
  }

  #failWaiting(reason: string): void {
    for (const job of this.#placer.takeAll())
      job.failed(
        wireError(
          "SPAWN_FAILED",
          `no worker process could be started: ${reason}`,
          "Run 'flow-balancer doctor'.",
        ),
      );
  }
}
