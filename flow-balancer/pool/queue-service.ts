/** Brings those who wait and the workers that are free together, in the order of the wait queue. */

import type { AdmissionDesk } from "./admission-desk.ts";
import type { Assigner } from "./assigner.ts";
import type { HeldJobs } from "./held-jobs.ts";
import type { Job } from "./job.ts";
import type { ParkedSessions } from "./parked-sessions.ts";
import { longestUnused, type TierControls } from "./tier-controls.ts";
import type { WaitQueue } from "./wait-queue.ts";
import type { WorkerPool } from "./worker-pool.ts";
import type { WorkerSlot } from "./worker-slot.ts";

export interface QueueServiceOptions {
  readonly queue: WaitQueue<Job>;
  readonly workers: WorkerPool;
  readonly assigner: Assigner;
  readonly parked: ParkedSessions;
  readonly held: HeldJobs;
  readonly desk: AdmissionDesk;
  readonly controls: TierControls<WorkerSlot>;
  /** Takes one that must not run now out of the order. */
  readonly holdBack: (job: Job) => void;
}

const NEVER = Number.POSITIVE_INFINITY;

export class QueueService {
  readonly #options: QueueServiceOptions;
  readonly #queue: WaitQueue<Job>;
  readonly #workers: WorkerPool;
  readonly #assigner: Assigner;
  readonly #parked: ParkedSessions;
  readonly #desk: AdmissionDesk;

  constructor(options: QueueServiceOptions) {
    this.#options = options;
    this.#queue = options.queue;
    this.#workers = options.workers;
    this.#assigner = options.assigner;
    this.#parked = options.parked;
    this.#desk = options.desk;
  }

  /** Gives out workers until none suits. */
  serve(now: number): void {
    this.#serveBound(now);
    this.#serveAll(now);
    if (!this.#options.controls.isQuiet) this.#serveAllowed(now);
  }

  /** Workers of a session, or kept for a kind, that have nothing to do. */
  #serveBound(now: number): void {
    for (const slot of [...this.#workers.idle])
      if (slot.bound) while (this.#servesBound(slot, now));
  }

  /** False: there is nobody else to look at for it. */
  #servesBound(slot: WorkerSlot, now: number): boolean {
    if (slot.state !== "idle") return false;
    const { session, holdsMemory, reservedFor } = slot;
    const isOfSession = holdsMemory && session !== null;
    const node = isOfSession
      ? this.#queue.nextOfSession(session, reservedFor, now)
      : this.#queue.nextOfKind(reservedFor ?? "", now);
    if (node === null) return false;
    const { job } = node.waiting;
    if (this.#isHeldBack(job)) return true;
    const choice = this.#assigner.choose(job, now, this.#queue.size);
    if (choice.type === "use") {
      this.#give(job, choice.worker, now);
      return true;
    }
    // It waits for its session's worker: the next of the kind may take this one.
    if (choice.type !== "wait_for" || isOfSession) return false;
    this.#park(job, choice.priceMs);
    return true;
  }

  #serveAll(now: number): void {
    let hasMoved = false;
    while (this.#hasOpenWorker()) {
      const node = this.#queue.next(now, this.#desk.lookAheadMs(now));
      if (node === null) {
        // Who waits for a busy worker of its own may take an idle one, now that nobody else does.
        if (hasMoved || !this.#parked.letAllGo()) return;
        hasMoved = true;
        continue;
      }
      const { job } = node.waiting;
      if (this.#isHeldBack(job)) continue;
      const choice = this.#assigner.choose(job, now, this.#queue.size);
      if (choice.type === "use") this.#give(job, choice.worker, now);
      else if (choice.type === "wait_for") this.#park(job, choice.priceMs);
      else {
        if (choice.type === "replace") this.#workers.makeRoom(1);
        return;
      }
    }
  }

  /** One that any task may have, or a place beside others. */
  #hasOpenWorker(): boolean {
    if (this.#queue.size === 0) return false;
    return this.#workers.idle.size > 0 || this.#assigner.hasRoom;
  }

  #park({ task }: Job, priceMs: number): void {
    // What has been paid already is not waited for again: something has to change.
    const forMs = priceMs > 0 ? priceMs : NEVER;
    if (task.session !== null) this.#parked.park(task.session, forMs);
  }

  /** Where a tier is paused or full those it keeps from a worker are passed over: the others go on. */
  #serveAllowed(now: number): void {
    const { controls } = this.#options;
    const mayRun = (session: string | null): boolean =>
      !controls.isShut(session === null ? "warm" : "hot");
    let mayReplace = true;
    for (let moved = true; moved && this.#hasOpenWorker();) {
      moved = false;
      for (const node of this.#queue.heads(mayRun)) {
        if (!this.#hasOpenWorker()) return;
        const { job } = node.waiting;
        if (this.#isHeldBack(job)) {
          moved = true;
          continue;
        }
        const choice = this.#assigner.choose(job, now, this.#queue.size);
        if (choice.type === "use") {
          this.#give(job, choice.worker, now);
          moved = true;
        } else if (choice.type === "replace" && mayReplace) {
          mayReplace = false;
          this.#workers.makeRoom(1);
        } else if (choice.type === "wait") this.#makeRoomInTier(job);
      }
    }
  }

  /** A tier that is full has an idle worker that is of no use to it: another session's, or another kind's. */
  #makeRoomInTier({ task }: Job): void {
    const { controls, workers } = this.#options;
    const hold = controls.gate(task.session, workers.all)?.hold ?? null;
    if (hold?.by !== "limit" || hold.limit === 0) return;
    workers.letIdleGo(longestUnused(workers.idle, hold.tier).slice(0, 1));
  }

  #isHeldBack(job: Job): boolean {
    const { held, holdBack } = this.#options;
    if (!held.concerns(job)) return false;
    holdBack(job);
    return true;
  }

  #give(job: Job, slot: WorkerSlot, now: number): void {
    if (job.node !== null) this.#queue.take(job.node, now);
    this.#assigner.assign(job, slot);
  }
}
