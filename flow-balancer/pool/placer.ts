/**
 * Brings jobs and workers together. A job is in exactly one place: the wait queue, held back
 * because its like killed workers, one worker, or settled.
 */

import type { PoolSettings } from "../core/pool-settings.ts";
import type { TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import { AdmissionDesk } from "./admission-desk.ts";
import { Assigner, type AssignerOptions } from "./assigner.ts";
import { deadlineOf, deadlinePassed } from "./deadline-passed.ts";
import { DueTimer } from "./due-timer.ts";
import type { Estimates } from "./estimates.ts";
import { hasAnother } from "./has-another.ts";
import { HeldJobs } from "./held-jobs.ts";
import type { Job, JobHolder } from "./job.ts";
import { KindLimits } from "./kind-limits.ts";
import { WaitQueue } from "./wait-queue.ts";
import { ParkedSessions } from "./parked-sessions.ts";
import type { PoolKind } from "./pool-task.ts";
import { QueueService } from "./queue-service.ts";
import type { WorkerPool } from "./worker-pool.ts";

export type PlacerOptions = Pick<
  AssignerOptions,
  "env" | "settings" | "workers" | "times" | "use" | "controls"
>;

const NEVER = Number.POSITIVE_INFINITY;

export class Placer {
  readonly #env: Env;
  readonly #settings: PoolSettings;
  readonly #workers: WorkerPool;
  readonly #times: Estimates;
  readonly #queue: WaitQueue<Job>;
  readonly #limits: KindLimits;
  readonly #assigner: Assigner;
  readonly #parked: ParkedSessions;
  readonly #held: HeldJobs;
  readonly #desk: AdmissionDesk;
  readonly #expiry: DueTimer;
  readonly #controls: PlacerOptions["controls"];
  readonly #service: QueueService;

  constructor(options: PlacerOptions) {
    const { env, settings, workers, times, controls } = options;
    this.#controls = controls;
    this.#env = env;
    this.#settings = settings;
    this.#workers = workers;
    this.#times = times;
    this.#queue = new WaitQueue(settings.maxWorkers);
    this.#limits = new KindLimits(this.#queue);
    this.#held = new HeldJobs({
      env,
      guard: workers.guard,
      hasAnother: () => hasAnother(workers),
      release: (jobs) => {
        for (const job of jobs) this.#enqueue(job, NEVER);
        this.#serve();
      },
    });
    this.#assigner = new Assigner({
      ...options,
      limits: this.#limits,
      held: this.#held,
    });
    this.#desk = new AdmissionDesk({
      settings,
      times,
      queue: this.#queue,
      workers: () => workers.all,
    });
    this.#parked = new ParkedSessions({
      env,
      queue: this.#queue,
      chooseAnew: () => this.place(),
    });
    this.#expiry = new DueTimer(env, (now) => this.#expire(now));
    this.#service = new QueueService({
      workers,
      controls,
      queue: this.#queue,
      assigner: this.#assigner,
      parked: this.#parked,
      held: this.#held,
      desk: this.#desk,
      holdBack: (job) => this.#holdBack(job),
    });
  }

  get waiting(): number {
    return this.#queue.size + this.#held.size;
  }

  /** Throws QUEUE_FULL or DEADLINE_UNREACHABLE: then it was not let in. */
  submit(job: Job): void {
    const { deadlineMs = null } = job.task;
    const { waiting } = this;
    if (waiting === 0 && deadlineMs === null && !this.#held.concerns(job))
      if (this.#assigner.startedAtOnce(job)) return;
    const now = this.#env.mono();
    if (deadlineMs !== null || waiting >= this.#settings.maxWaiting)
      this.#enqueue(job, this.#desk.admit(job, waiting, now));
    else {
      // Of many short tasks each would cost more to foretell than to run.
      if (!this.#assigner.isPacked(job.task.kind))
        job.predictedWaitMs = this.#desk.predict(job, now);
      this.#enqueue(job, NEVER);
    }
    this.place();
  }

  /** False if it does not wait. */
  drop(job: Job): boolean {
    if (this.#held.delete(job)) return true;
    if (job.node === null || !this.#queue.remove(job.node)) return false;
    job.node = null;
    this.#limits.waits(job.task.kind);
    return true;
  }

  /** It is on no worker any more. */
  left(job: Job, isAlive: boolean): void {
    const { slot } = job;
    const { kind } = job.task;
    if (slot === null) return;
    job.slot = null;
    this.#assigner.left(slot, kind);
    this.#held.ended(job, isAlive);
    if (this.#queue.size > 0 && !this.#followed(slot, kind)) this.place();
  }

  /** The short way where many short tasks wait: the place goes to the next, if it is one of the same kind. */
  #followed(slot: JobHolder, kind: PoolKind): boolean {
    if (this.#workers.idle.size > 0 || !this.#assigner.isPacked(kind))
      return false;
    const now = this.#env.mono();
    const node = this.#queue.next(now);
    if (node === null || this.#held.concerns(node.waiting.job)) return false;
    const { job } = node.waiting;
    if (!slot.hasRoomBeside(job)) return false;
    this.#queue.take(node, now);
    this.#assigner.join(job, slot);
    return true;
  }

  /** Its worker died under it: it waits again, in its old place as far as there is one. */
  again(job: Job): void {
    this.left(job, false);
    this.#enqueue(job, NEVER);
    this.place();
  }

  /** Who waited for a worker of the session chooses anew. */
  unpark(session: string): void {
    this.#parked.letGo(session);
  }

  /** Those that wait, by whether they are of a session. */
  waitingFor(): { readonly inSessions: number; readonly inNone: number } {
    const inNone = this.#queue.sizeOf(null);
    return { inNone, inSessions: this.#queue.size - inNone };
  }

  /** How many more workers would find work at once. */
  demand(): number {
    if (this.#queue.next(this.#env.mono()) === null) return 0;
    const demand = Math.max(1, this.#queue.size - this.#limits.surplus);
    if (this.#controls.isQuiet) return demand;
    return Math.min(
      demand,
      this.#controls.demand(this.waitingFor(), this.#workers.all),
    );
  }

  /** Of those that wait; null: none is called that. O(all that wait). */
  waitingJob(id: TaskId): Job | null {
    for (const { waiting } of this.#queue)
      if (waiting.job.task.id === id) return waiting.job;
    for (const job of this.#held) if (job.task.id === id) return job;
    return null;
  }

  /** Every job that waits, taken out. */
  takeAll(): Job[] {
    const jobs = [...this.#queue].map((node) => node.waiting.job);
    jobs.push(...this.#held);
    for (const job of jobs) this.drop(job);
    return jobs;
  }

  stop(): void {
    this.#expiry.stop();
    this.#parked.stop();
  }

  /** Gives out workers until none suits. Never starts a process itself. */
  place(): void {
    this.#held.look();
    this.#serve();
  }

  #serve(): void {
    if (this.#queue.size > 0) this.#service.serve(this.#env.mono());
    this.#workers.refill();
  }

  /** All that wait choose anew. */
  placeAnew(): void {
    this.#parked.letAllGo();
    this.place();
  }

  #enqueue(job: Job, startWithinMs: number): void {
    const { kind, session, priority, deadlineMs = null } = job.task;
    const now = this.#env.mono();
    const expected = this.#times.expect(kind.name, "warm");
    job.node = this.#queue.enqueue({
      job,
      kind: kind.name,
      session,
      priority,
      costMs: expected.runMs + this.#times.overheadMs,
      varianceMs2: expected.runVarianceMs2,
      enqueuedAt: job.enqueuedAt,
      latestStartAt: now + startWithinMs,
      hopelessAt: deadlineOf(job) - expected.runLowMs,
    });
    this.#limits.waits(kind);
    if (deadlineMs !== null) this.#expiry.need(this.#queue.nextExpiryAt);
  }

  #holdBack(job: Job): void {
    this.drop(job);
    this.#held.add(job);
    this.#expiry.need(deadlineOf(job));
  }

  #expire(now: number): number {
    for (;;) {
      const node = this.#queue.expired(now);
      if (node === null) break;
      const { job } = node.waiting;
      job.node = null;
      this.#limits.waits(job.task.kind);
      job.failed(deadlinePassed(job, now));
    }
    let next = this.#queue.nextExpiryAt;
    for (const job of [...this.#held]) {
      const at = deadlineOf(job);
      if (now >= at && this.#held.delete(job))
        job.failed(deadlinePassed(job, now));
      else next = Math.min(next, at);
    }
    return next;
  }
}
