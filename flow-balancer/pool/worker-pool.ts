/**
 * The worker processes themselves: keeps `starting + idle + busy <= maxWorkers` (one more while a
 * worn worker waits for its replacement), keeps spares, replaces the dead and the worn, lets the
 * unused go. Processes are started only between requests, one at a time, never while a request is
 * being answered. What runs on them is the client's business; what to start and whom to let go is
 * decided in scaling.ts, recycling.ts and restart-intensity.ts.
 */

import { workerId } from "../core/ids.ts";
import { startGuardian, type Guardian } from "../worker/guardian.ts";
import { describeDeath, type WorkerDeath } from "../worker/worker-process.ts";
import { atMost } from "./at-most.ts";
import { CrashGuard } from "./crash-guard.ts";
import type { Job } from "./job.ts";
import { thisMachine } from "./machine.ts";
import { TASK_LIMIT } from "./restart-intensity.ts";
import { RefillPlan } from "./refill-plan.ts";
import { ScalingControl } from "./scaling-control.ts";
import type { WorkerPoolOptions } from "./worker-pool-options.ts";
import { WorkerSlot } from "./worker-slot.ts";

export type { PoolEvent, WorkerPoolOptions } from "./worker-pool-options.ts";

/** First pause after a failed start, ms; doubles with each, to 64 times as much. */
const START_BACKOFF_MS = 100;
/** With no worker left and none to be started for longer than this, who waits is told. */
const WORTH_WAITING_MS = 2_000;

export class WorkerPool {
  /** Who waits because their kind, a worker's seat or the pool saw too many deaths. */
  readonly guard: CrashGuard;
  readonly #options: WorkerPoolOptions;
  readonly #slots = new Set<WorkerSlot>();
  readonly #idle = new Set<WorkerSlot>();
  readonly #seats = new Map<WorkerSlot, number>();
  readonly #scaling: ScalingControl;
  readonly #plan: RefillPlan;
  /** Marks every process this pool started, and their descendants. */
  readonly #instance: string;
  #guardian: Guardian | null = null;
  #serial = 0;
  #failedStarts = 0;
  #lastDeath = "";
  #backingOff = false;
  #sweepPlanned = false;
  #forgivingPlanned = false;
  #closing = false;
  #onEmpty: (() => void) | null = null;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#instance = options.env.unique();
    // One beyond the maximum, for the replacement of a worn one.
    this.guard = new CrashGuard(options.settings.maxWorkers + 1);
    this.#plan = new RefillPlan({
      env: options.env,
      later: options.later ?? setImmediate,
      look: () => this.#startMissing(),
    });
    this.#scaling = new ScalingControl({
      ...options,
      machine: options.machine ?? thisMachine(),
      slots: this.#slots,
      idle: this.#idle,
      changed: () => this.#tend(),
    });
  }

  get slots(): WorkerSlot[] {
    return [...this.#slots];
  }

  get all(): ReadonlySet<WorkerSlot> {
    return this.#slots;
  }

  get idle(): ReadonlySet<WorkerSlot> {
    return this.#idle;
  }

  /** The worker is the caller's until it reports itself free. */
  take(slot: WorkerSlot): WorkerSlot {
    this.#idle.delete(slot);
    this.#scaling.taken();
    return slot;
  }

  /** Lets idle workers go, the longest unused first, so that `wanted` new ones can be started. */
  makeRoom(wanted: number): void {
    let room = this.#scaling.room;
    // Who leaves already makes room as well, and who starts will be free.
    for (const { state } of this.#slots)
      if (state === "retiring" || state === "starting") room++;
    if (room >= wanted) return;
    const longestUnused = [...this.#idle].sort(
      (a, b) => a.idleSince - b.idleSince,
    );
    for (const slot of longestUnused.slice(0, wanted - room)) this.#letGo(slot);
  }

  /** Starts what is missing, after the present turn of the event loop. */
  refill(): void {
    if (this.#closing || this.#backingOff) return;
    this.#plan.soon(this.#options.client.waiting() > 0);
  }

  /** Gives running jobs `graceMs`, then the cancel ladder, then ends every worker. Resolves when all are gone. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#scaling.stop();
    // What has not begun is not to begin now.
    for (const slot of this.#slots) slot.starts.endAll({ type: "shutdown" });
    const running = Promise.all(
      this.slots.flatMap((slot) => slot.jobs.map(({ done }) => done)),
    );
    await atMost(this.#options.env, graceMs, running);
    for (const slot of this.#slots) slot.endAll({ type: "shutdown" });
    await running;
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    for (const slot of this.#slots) slot.retire();
    if (this.#slots.size > 0) await empty;
    this.#guardian?.release();
    this.#guardian = null;
  }

  #startMissing(): void {
    if (this.#closing || this.#backingOff) return;
    const { start, lookAgainMs } = this.#scaling.decide();
    if (start === 0) {
      if (lookAgainMs !== null) this.#plan.within(lookAgainMs);
      return;
    }
    const waitMs = this.guard.waitMs(this.#options.env.mono());
    if (waitMs === 0) {
      if (this.#start()) this.refill();
      return;
    }
    // All seats taken: whoever leaves one refills.
    if (!Number.isFinite(waitMs)) return;
    const nobody = this.slots.every(({ state }) => state === "retiring");
    if (nobody && waitMs > WORTH_WAITING_MS)
      this.#options.client.cannotStart(
        `${this.#lastDeath}; after so many in a row the next start is in ${Math.ceil(waitMs / 1_000)} s`,
      );
    this.#plan.within(waitMs);
  }

  #start(): boolean {
    const { env, settings, worker, onEvent, startProcess } = this.#options;
    const now = env.mono();
    try {
      this.#guardian ??= startProcess ? null : startGuardian(this.#instance);
      const slot = new WorkerSlot({
        ...this.#options,
        id: workerId(++this.#serial),
        instance: this.#instance,
        settings: worker,
        startTimeoutMs: settings.startTimeoutMs,
        cancelGraceMs: settings.cancelGraceMs,
        events: {
          idle: (idle) => this.#becameIdle(idle),
          dead: (dead, death, started, lost) =>
            this.#died(dead, death, started, lost),
        },
      });
      this.#slots.add(slot);
      const seat = this.guard.takeSeat(now);
      if (seat !== null) this.#seats.set(slot, seat);
      this.#scaling.started(slot, this.#serial);
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
    const isSpent = this.#scaling.freed(slot);
    if (this.#closing || slot.released || isSpent) {
      this.#letGo(slot);
      this.refill();
      return;
    }
    this.#idle.add(slot);
    this.#endExchange(slot);
    this.#options.client.workerFree(slot);
    this.#planSweep();
  }

  /** The replacement is ready: the worn one gets nothing more. */
  #endExchange(ready: WorkerSlot): void {
    const worn = this.#scaling.replacedBy(ready);
    if (worn === null) return;
    if (this.#idle.has(worn)) this.#letGo(worn);
    else worn.release();
  }

  #letGo(slot: WorkerSlot): void {
    this.#idle.delete(slot);
    this.#scaling.letGo(slot);
    slot.retire();
  }

  /** `lost`: the jobs it had. */
  #died(
    slot: WorkerSlot,
    death: WorkerDeath,
    started: boolean,
    lost: readonly Job[],
  ): void {
    const { onEvent } = this.#options;
    this.#slots.delete(slot);
    this.#idle.delete(slot);
    const seat = this.#seats.get(slot);
    this.#seats.delete(slot);
    const wasLetGo = this.#scaling.gone(slot);
    this.#options.client.workerGone(slot);
    if (seat !== undefined) this.guard.leaveSeat(seat);
    if (started && !this.#closing) this.#blame(slot, seat, lost, wasLetGo);
    onEvent?.({ type: "worker.exited", worker: slot.id, death });
    if (this.#slots.size === 0) this.#onEmpty?.();
    if (started) {
      this.#lastDeath = `the last worker ${describeDeath(death)}`;
      this.refill();
    } else if (!this.#closing)
      this.#startFailed(
        `the worker ended before it was ready: ${death.lastWords || (death.signal ?? `code ${death.exitCode}`)}`,
      );
    // Above a lowered maximum nobody comes in its place: who counted on that looks again.
    this.#options.client.workerFree();
  }

  #blame(
    { tasksDone }: WorkerSlot,
    seat: number | undefined,
    lost: readonly Job[],
    wasLetGo: boolean,
  ): void {
    const crash = { seat, lost, tasksDone, wasLetGo };
    this.guard.workerDied(crash, this.#options.env.mono());
    if (!this.guard.isQuiet) this.#planForgiving();
  }

  #planForgiving(): void {
    if (this.#forgivingPlanned) return;
    this.#forgivingPlanned = true;
    const { env } = this.#options;
    env.timer(TASK_LIMIT.withinMs, () => {
      this.#forgivingPlanned = false;
      if (!this.guard.forgive(env.mono())) this.#planForgiving();
    });
  }

  #startFailed(reason: string): void {
    const { onEvent, env } = this.#options;
    this.#failedStarts++;
    this.#lastDeath = reason;
    this.guard.poolDied(env.mono());
    onEvent?.({ type: "worker.start_failed", reason });
    if (this.guard.waitMs(env.mono()) > 0) {
      this.refill();
      return;
    }
    this.#backingOff = true;
    const pauseMs = START_BACKOFF_MS * 2 ** Math.min(6, this.#failedStarts - 1);
    env.timer(pauseMs, () => {
      this.#backingOff = false;
      this.refill();
    });
  }

  /** After a look at the machine. */
  #tend(): void {
    for (const slot of this.#scaling.overBudget()) this.#letGo(slot);
    this.refill();
  }

  #planSweep(): void {
    if (this.#sweepPlanned || this.#closing) return;
    this.#sweepPlanned = true;
    this.#options.env.timer(this.#scaling.sweepEveryMs, () => {
      this.#sweepPlanned = false;
      if (this.#closing) return;
      for (const slot of this.#scaling.unused()) this.#letGo(slot);
      if (this.#idle.size > this.#options.settings.spareWorkers)
        this.#planSweep();
    });
  }
}
