/**
 * The worker processes themselves: keeps `starting + idle + busy <= maxWorkers` (one more while a
 * worn worker waits for its replacement), keeps spares, replaces the dead and the worn, lets the
 * unused go. Processes are started only between requests, one at a time, never while a request is
 * being answered. What runs on them is the client's business; what to start and whom to let go is
 * decided in scaling.ts, recycling.ts and restart-intensity.ts.
 */

import { workerId } from "../core/ids.ts";
import type { PoolStarts } from "../core/pool-status.ts";
import { startGuardian, type Guardian } from "../worker/guardian.ts";
import { describeDeath, type WorkerDeath } from "../worker/worker-process.ts";
import { atMost } from "./at-most.ts";
import { CrashBlame } from "./crash-blame.ts";
import { CrashGuard } from "./crash-guard.ts";
import type { Job } from "./job.ts";
import { thisMachine } from "./machine.ts";
import { PlannedLook } from "./planned-look.ts";
import { RefillPlan } from "./refill-plan.ts";
import { ScalingControl } from "./scaling-control.ts";
import { StartBackoff } from "./start-backoff.ts";
import { TierControls } from "./tier-controls.ts";
import type { WorkerPoolOptions } from "./worker-pool-options.ts";
import { WorkerSlot } from "./worker-slot.ts";

export type { PoolEvent, WorkerPoolOptions } from "./worker-pool-options.ts";

/** With no worker left and none to be started for longer than this, who waits is told. */
const WORTH_WAITING_MS = 2_000;

export class WorkerPool {
  /** Who waits because their kind, a worker's seat or the pool saw too many deaths. */
  readonly guard: CrashGuard;
  readonly #blame: CrashBlame;
  readonly #options: WorkerPoolOptions;
  readonly #controls: TierControls<WorkerSlot>;
  readonly #slots = new Set<WorkerSlot>();
  readonly #idle = new Set<WorkerSlot>();
  readonly #seats = new Map<WorkerSlot, number>();
  readonly #scaling: ScalingControl;
  readonly #backoff: StartBackoff;
  readonly #plan: RefillPlan;
  readonly #sweep: PlannedLook;
  /** Marks every process this pool started, and their descendants. */
  readonly #instance: string;
  #guardian: Guardian | null = null;
  #serial = 0;
  #lastDeath = "";
  /** Starts that take the place of workers that were killed on demand, needed or not. */
  #owed = 0;
  #closing = false;
  #onEmpty: (() => void) | null = null;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#controls = options.controls ?? new TierControls();
    this.#instance = options.env.unique();
    // One beyond the maximum, for the replacement of a worn one.
    this.guard = new CrashGuard(options.settings.maxWorkers + 1);
    this.#blame = new CrashBlame(this.guard, options.env);
    this.#backoff = new StartBackoff(options.env);
    this.#plan = new RefillPlan({
      env: options.env,
      later: options.later ?? setImmediate,
      look: () => this.#startMissing(),
    });
    this.#sweep = new PlannedLook(
      options.env,
      () => this.#scaling.sweepEveryMs,
      () => this.#sweepUnused(),
    );
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

  get starts(): Omit<PoolStarts, "closing"> {
    const waitMs = this.guard.waitMs(this.#options.env.mono());
    return { failed: this.#backoff.failed, reason: this.#lastDeath, waitMs };
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
    const byUse = [...this.#idle].sort((a, b) => a.idleSince - b.idleSince);
    this.letIdleGo(byUse.slice(0, wanted - room));
  }

  /** Idle ones that are too many. */
  letIdleGo(slots: readonly WorkerSlot[]): void {
    for (const slot of slots) this.#letGo(slot);
  }

  /** Another takes its place; what it runs is handled as after a crash that it is not to blame for. Not of one that is on its way out. */
  kill(slot: WorkerSlot): void {
    this.#idle.delete(slot);
    this.#scaling.letGo(slot);
    this.#owed++;
    slot.killed = true;
    slot.kill();
  }

  /** Starts what is missing, after the present turn of the event loop. */
  refill(): void {
    if (this.#closing || this.#backoff.isOn) return;
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
    if (this.#closing || this.#backoff.isOn) return;
    // Whoever changes that, or makes room, refills.
    if (!this.#controls.mayStart(this.#slots)) return;
    const { start, lookAgainMs } = this.#scaling.decide();
    const isOwed = this.#owed > 0 && this.#scaling.room > 0;
    if (start === 0 && !isOwed) {
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
          tierChanged: () => this.#options.client.tierChanged?.(),
        },
      });
      this.#slots.add(slot);
      this.#owed = Math.max(0, this.#owed - 1);
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
    this.#backoff.failed = 0;
    const isSpent = this.#scaling.freed(slot);
    if (this.#closing || slot.released || isSpent) {
      this.#letGo(slot);
      this.refill();
      return;
    }
    this.#idle.add(slot);
    this.#endExchange(slot);
    this.letIdleGo(this.#controls.surplus(this.#slots));
    this.#options.client.workerFree(slot);
    if (!this.#closing) this.#sweep.plan();
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
    const { tasksDone, killed } = slot;
    this.#slots.delete(slot);
    this.#idle.delete(slot);
    const seat = this.#seats.get(slot);
    this.#seats.delete(slot);
    const wasLetGo = this.#scaling.gone(slot);
    this.#options.client.workerGone(slot);
    if (seat !== undefined) this.guard.leaveSeat(seat);
    if (started && !killed && !this.#closing)
      this.#blame.workerDied({ seat, lost, wasLetGo, tasksDone });
    onEvent?.({ type: "worker.exited", worker: slot.id, death });
    if (this.#slots.size === 0) this.#onEmpty?.();
    if (started || killed) {
      this.#lastDeath = `the last worker ${describeDeath(death)}`;
      this.refill();
    } else if (!this.#closing)
      this.#startFailed(
        `the worker ended before it was ready: ${death.lastWords || (death.signal ?? `code ${death.exitCode}`)}`,
      );
    // Above a lowered maximum nobody comes in its place: who counted on that looks again.
    this.#options.client.workerFree();
  }

  #startFailed(reason: string): void {
    const { onEvent, env } = this.#options;
    this.#backoff.failed++;
    this.#lastDeath = reason;
    this.guard.poolDied(env.mono());
    onEvent?.({ type: "worker.start_failed", reason });
    if (this.guard.waitMs(env.mono()) > 0) {
      this.refill();
      return;
    }
    this.#backoff.pause(() => this.refill());
  }

  /** After a look at the machine. */
  #tend(): void {
    this.letIdleGo(this.#scaling.overBudget());
    this.refill();
  }

  /** Whether to come again. */
  #sweepUnused(): boolean {
    if (this.#closing) return false;
    this.letIdleGo(this.#scaling.unused());
    return this.#idle.size > this.#options.settings.spareWorkers;
  }
}
