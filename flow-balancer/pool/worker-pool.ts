/**
 * The worker processes themselves: keeps `starting + idle + busy <= maxWorkers`, keeps spares,
 * replaces the dead, lets the unused go. Processes are started only between requests, one at a
 * time, never while a request is being answered. What runs on them is the client's business.
 */

import { workerId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import { startGuardian, type Guardian } from "../worker/guardian.ts";
import type { WorkerSettings } from "../worker/protocol.ts";
import type { WorkerDeath } from "../worker/worker-process.ts";
import type { PoolSettings } from "../core/pool-settings.ts";
import { workersToRetire, workersToStart } from "./scaling.ts";
import { WorkerSlot } from "./worker-slot.ts";

export type PoolEvent =
  | { readonly type: "worker.started"; readonly worker: string }
  | {
      readonly type: "worker.exited";
      readonly worker: string;
      readonly death: WorkerDeath;
    }
  | { readonly type: "worker.start_failed"; readonly reason: string };

export interface WorkerPoolOptions {
  readonly env: Env;
  readonly settings: PoolSettings;
  readonly worker: WorkerSettings;
  /** The environment of worker processes, already reduced to what tasks may see. */
  readonly environment: Readonly<Record<string, string>>;
  /** For a person's log: starts, deaths, and what could not be started. */
  readonly onEvent?: (event: PoolEvent) => void;
  readonly client: {
    /** How many more workers would find work at once. */
    demand(): number;
    workerFree(): void;
    /** Called once so many starts in a row failed that waiting has no point. */
    cannotStart(reason: string): void;
  };
}

/** So many starts in a row without a worker that got ready, and waiting tasks are told instead of kept. */
const MAX_FAILED_STARTS = 5;
/** First pause after a failed start, ms; doubles with each, to 64 times as much. */
const START_BACKOFF_MS = 100;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots = new Set<WorkerSlot>();
  readonly #idle = new Set<WorkerSlot>();
  /** Marks every process this pool started, and their descendants. */
  readonly #instance: string;
  #guardian: Guardian | null = null;
  #serial = 0;
  #failedStarts = 0;
  #backingOff = false;
  #refillPlanned = false;
  #sweepPlanned = false;
  #closing = false;
  #onEmpty: (() => void) | null = null;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#instance = options.env.unique();
  }

  get slots(): WorkerSlot[] {
    return [...this.#slots];
  }

  get idle(): ReadonlySet<WorkerSlot> {
    return this.#idle;
  }

  /** The worker is the caller's until it reports itself free. */
  take(slot: WorkerSlot): WorkerSlot {
    this.#idle.delete(slot);
    return slot;
  }

  /** Lets idle workers go, the longest unused first, so that `wanted` new ones can be started. */
  makeRoom(wanted: number): void {
    let room = this.#options.settings.maxWorkers - this.#slots.size;
    // Who leaves already makes room as well, and who starts will be free.
    for (const { state } of this.#slots)
      if (state === "retiring" || state === "starting") room++;
    if (room >= wanted) return;
    const longestUnused = [...this.#idle].sort(
      (a, b) => a.idleSince - b.idleSince,
    );
    for (const slot of longestUnused.slice(0, wanted - room))
      this.take(slot).retire();
  }

  /** Starts what is missing, after the present turn of the event loop. */
  refill(): void {
    if (this.#refillPlanned || this.#closing || this.#backingOff) return;
    this.#refillPlanned = true;
    setImmediate(() => {
      this.#refillPlanned = false;
      if (this.#closing || this.#backingOff || this.#missing() === 0) return;
      if (this.#start()) this.refill();
    });
  }

  /** Gives running jobs `graceMs`, then the cancel ladder, then ends every worker. Resolves when all are gone. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const running = Promise.all(
      this.slots.flatMap((slot) => slot.job?.done ?? []),
    );
    await this.#within(graceMs, running);
    for (const slot of this.#slots) slot.end({ type: "shutdown" });
    await running;
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    for (const slot of this.#slots) slot.retire();
    if (this.#slots.size > 0) await empty;
    this.#guardian?.release();
    this.#guardian = null;
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    let stopTimer = (): void => {};
    const over = new Promise<void>((resolve) => {
      stopTimer = this.#options.env.timer(ms, resolve);
    });
    await Promise.race([work, over]);
    stopTimer();
  }

  #missing(): number {
    let idleUnbound = 0;
    for (const slot of this.#idle) if (!slot.bound) idleUnbound++;
    let starting = 0;
    for (const slot of this.#slots) if (slot.state === "starting") starting++;
    return workersToStart(
      {
        waiting: this.#options.client.demand(),
        idleUnbound,
        starting,
        total: this.#slots.size,
      },
      this.#options.settings,
    );
  }

  #start(): boolean {
    const { env, settings, worker, environment, onEvent } = this.#options;
    try {
      this.#guardian ??= startGuardian(this.#instance);
      const slot = new WorkerSlot({
        id: workerId(++this.#serial),
        instance: this.#instance,
        settings: worker,
        environment,
        env,
        startTimeoutMs: settings.startTimeoutMs,
        cancelGraceMs: settings.cancelGraceMs,
        events: {
          idle: (idle) => this.#becameIdle(idle),
          dead: (dead, death, started) => this.#died(dead, death, started),
        },
      });
      this.#slots.add(slot);
      onEvent?.({ type: "worker.started", worker: slot.id });
      return true;
    } catch (thrown) {
      this.#startFailed(
        thrown instanceof Error ? thrown.message : String(thrown),
      );
      return false;
    }
  }

  #becameIdle(slot: WorkerSlot): void {
    this.#failedStarts = 0;
    const { maxTasksPerWorker } = this.#options.settings;
    const worn = slot.released || slot.tasksDone >= maxTasksPerWorker;
    if (this.#closing || worn) {
      this.take(slot).retire();
      this.refill();
      return;
    }
    this.#idle.add(slot);
    this.#options.client.workerFree();
    this.#planSweep();
  }

  #died(slot: WorkerSlot, death: WorkerDeath, started: boolean): void {
    this.#slots.delete(slot);
    this.#idle.delete(slot);
    this.#options.onEvent?.({ type: "worker.exited", worker: slot.id, death });
    if (this.#slots.size === 0) this.#onEmpty?.();
    if (started) this.refill();
    else if (!this.#closing)
      this.#startFailed(
        `the worker ended before it was ready: ${death.lastWords || (death.signal ?? `code ${death.exitCode}`)}`,
      );
  }

  #startFailed(reason: string): void {
    const { onEvent, client, env } = this.#options;
    this.#failedStarts++;
    onEvent?.({ type: "worker.start_failed", reason });
    if (this.#failedStarts >= MAX_FAILED_STARTS) client.cannotStart(reason);
    this.#backingOff = true;
    const pauseMs = START_BACKOFF_MS * 2 ** Math.min(6, this.#failedStarts - 1);
    env.timer(pauseMs, () => {
      this.#backingOff = false;
      this.refill();
    });
  }

  #planSweep(): void {
    if (this.#sweepPlanned || this.#closing) return;
    const { env, settings } = this.#options;
    this.#sweepPlanned = true;
    env.timer(settings.idleMs, () => {
      this.#sweepPlanned = false;
      if (this.#closing) return;
      for (const slot of workersToRetire([...this.#idle], env.mono(), settings))
        this.take(slot).retire();
      if (this.#idle.size > settings.spareWorkers) this.#planSweep();
    });
  }
}
