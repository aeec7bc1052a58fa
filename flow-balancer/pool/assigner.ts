/** Gives a job its worker: chooses by expected completion, or takes the short way where there is nothing to choose. */

import type { PoolSettings } from "../core/pool-settings.ts";
import type { Env } from "../core/ports.ts";
import { choose, type Choice } from "./choice.ts";
import type { Estimates } from "./estimates.ts";
import type { HeldJobs } from "./held-jobs.ts";
import type { Job, JobHolder } from "./job.ts";
import type { KindLimits } from "./kind-limits.ts";
import type { KindUse } from "./kind-use.ts";
import type { PoolKind } from "./pool-task.ts";
import { RoomyWorkers } from "./roomy-workers.ts";
import type { TierControls } from "./tier-controls.ts";
import type { WorkerPool } from "./worker-pool.ts";
import type { WorkerSlot } from "./worker-slot.ts";

/** Runs shorter than this are best sent to the worker that has most of their kind: one message carries many. */
const PACKED_BELOW_MS = 1;

/** Of leaving a session's worker, beside a new process: what its memory is worth that no run time shows, ms. */
const MOVE_COST_MS = 0;

export interface AssignerOptions {
  readonly env: Env;
  readonly settings: PoolSettings;
  readonly workers: WorkerPool;
  readonly times: Estimates;
  readonly limits: KindLimits;
  readonly held: Pick<HeldJobs, "began">;
  readonly use: Pick<KindUse, "began">;
  readonly controls: TierControls<WorkerSlot>;
}

export class Assigner {
  readonly #options: AssignerOptions;
  readonly #roomy = new RoomyWorkers();

  constructor(options: AssignerOptions) {
    this.#options = options;
  }

  /** Some busy worker has room beside what it runs. */
  get hasRoom(): boolean {
    return !this.#roomy.isEmpty;
  }

  /** Not while tiers are controlled: then it is looked where each goes. */
  isPacked({ name, inFlight }: PoolKind): boolean {
    return (
      inFlight > 1 &&
      this.#options.controls.isQuiet &&
      this.#options.times.expect(name, "warm").runMs < PACKED_BELOW_MS
    );
  }

  /** The short way of most tasks: nobody waits, and a worker is there. */
  startedAtOnce(job: Job): boolean {
    const { kind } = job.task;
    const { env, limits } = this.#options;
    if (!limits.mayRun(kind)) return false;
    const roomy = this.isPacked(kind) ? this.#roomy.find(job) : null;
    if (roomy !== null) {
      this.join(job, roomy);
      return true;
    }
    const choice = this.choose(job, env.mono(), 1);
    if (choice.type !== "use") return false;
    this.assign(job, choice.worker);
    return true;
  }

  /** `waiting`: jobs that wait, this one included. */
  choose(job: Job, now: number, waiting: number): Choice<WorkerSlot> {
    const inFlight = job.alone ? 1 : job.task.kind.inFlight;
    const choice = this.#choice(job, inFlight, now, waiting);
    // No room beside the others for a task of that size just now: for a worker of its own, then.
    const fitting = fits(job, choice)
      ? choice
      : this.#choice(job, 1, now, waiting);
    job.choice = fitting;
    return fitting;
  }

  #choice(
    job: Job,
    inFlight: number,
    now: number,
    waiting: number,
  ): Choice<WorkerSlot> {
    const { kind, session } = job.task;
    const { workers, times, settings, controls } = this.#options;
    return choose(
      {
        session,
        kind: kind.name,
        inFlight,
        affinity: "priced",
        usesMemory: kind.source.type !== "shell",
      },
      workers.all,
      {
        now,
        times,
        canStart: workers.all.size < settings.maxWorkers,
        waiting,
        waitedMs: now - job.enqueuedAt,
        moveCostMs: MOVE_COST_MS,
        gate: controls.gate(session, workers.all),
      },
    );
  }

  assign(job: Job, slot: WorkerSlot): void {
    const { workers, use } = this.#options;
    if (slot.state === "idle") {
      workers.take(slot);
      use.began(slot, job.task.kind.name);
    }
    this.join(job, slot);
  }

  /** To a worker that runs others of its kind. */
  join(job: Job, holder: JobHolder): void {
    const { kind } = job.task;
    const { held, limits } = this.#options;
    job.node = null;
    job.slot = holder;
    held.began(job);
    limits.began(kind);
    holder.assign(job);
    if (kind.inFlight > 1) this.#roomy.note(holder, kind);
  }

  /** A job of the kind is no longer on it. */
  left(slot: JobHolder, kind: PoolKind): void {
    this.#options.limits.ended(kind);
    if (kind.inFlight > 1) this.#roomy.note(slot, kind);
  }
}

const fits = (job: Job, choice: Choice<WorkerSlot>): boolean =>
  choice.type !== "use" ||
  choice.way !== "free_lane" ||
  choice.worker.hasRoomBeside(job);
