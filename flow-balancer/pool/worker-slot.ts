/**
 * One worker and the jobs it has: one, or several of a kind that says so. Each is known by a
 * number that is never used twice, so that whatever a worker says late, twice or of its own
 * invention finds no job and is counted. From the first step of ending a job the worker gets no
 * other until that one was answered.
 */

import type { WorkerId } from "../core/ids.ts";
import type { WorkerOutcome } from "../worker/protocol.ts";
import { describeDeath, type WorkerDeath } from "../worker/worker-process.ts";
import { DueTimer } from "./due-timer.ts";
import type { Loss, Verdict } from "./health.ts";
import type { EndReason, Job } from "./job.ts";
import { JobsInHand } from "./jobs-in-hand.ts";
import { hasEnv } from "./pool-task.ts";
import { tellObserver } from "./tell-observer.ts";
import type { SlotOptions } from "./slot-options.ts";
import { WorkerChannel, type JobMessage } from "./worker-channel.ts";
import { WorkerFacts } from "./worker-facts.ts";
import { WorkerWatch } from "./worker-watch.ts";

/** A client that closed its server kills it after about two seconds. */
const SHUTDOWN_GRACE_MS = 1_000;

/** Of the grace: up to here a task may stop by itself, then its processes are asked to, at the end they are killed. */
const TERMINATE_AT = 0.75;

const NEVER = Number.POSITIVE_INFINITY;

export class WorkerSlot extends WorkerFacts {
  readonly #options: SlotOptions;
  readonly #channel: WorkerChannel;
  readonly #jobs = new JobsInHand();
  readonly #watch: WorkerWatch;
  readonly #due: DueTimer;
  /** When the process itself has to have become ready, or to have gone. */
  #ownDueAt: number;
  #started = false;

  /** Throws if the process cannot be started. */
  constructor(options: SlotOptions) {
    const now = options.env.mono();
    super(now);
    this.#options = options;
    this.#due = new DueTimer(options.env, (at) => this.#passed(at));
    this.#channel = new WorkerChannel({
      ...options,
      events: {
        ready: () => this.#ready(),
        said: (message) => this.#said(message),
        result: (job, outcome, runMs) => this.#answered(job, outcome, runMs),
        stray: () => void this.strayMessages++,
        exit: (death, loss) => this.#died(death, loss),
      },
    });
    this.#watch = new WorkerWatch({
      sample: () => this.#channel.sample(this.#jobs.size > 0),
      checkMemory: () => this.#checkMemory(),
      shrink: () => this.#channel.shrink(),
    });
    this.#ownDueAt = now + options.startTimeoutMs;
    this.#due.need(this.#ownDueAt);
  }

  get id(): WorkerId {
    return this.#channel.process.id;
  }

  get pid(): number {
    return this.#channel.process.pid;
  }

  get jobs(): Job[] {
    return [...this.#jobs];
  }

  get inFlight(): number {
    return this.#jobs.size;
  }

  /** Of what it runs; null unless it is busy. */
  get kind(): string | null {
    return this.#jobs.first()?.task.kind.name ?? null;
  }

  /** The same, as long as others may run beside it. */
  get running(): string | null {
    const { kind } = this;
    return kind !== null && this.loaded.has(kind) ? kind : null;
  }

  get quarantined(): boolean {
    return this.#jobs.isClosed;
  }

  /** While it has jobs, as of the last second or two. */
  get health(): Verdict {
    return this.#watch.verdict;
  }

  /** Room for one more job beside those it runs: of a kind that runs several, already loaded, of the same session. */
  hasRoomBeside(job: Job): boolean {
    return (
      this.state === "busy" &&
      !this.released &&
      this.session === job.task.session &&
      this.loaded.has(job.task.kind.name) &&
      this.#jobs.hasRoomBeside(job)
    );
  }

  assign(job: Job): void {
    const { session, kind } = job.task;
    const tier = this.tierFor(kind.name);
    if (this.#jobs.size === 0) {
      this.state = "busy";
      const now = (this.busySince = this.#options.env.mono());
      this.#due.need(this.#watch.busy(now, kind.memoryMb !== null));
    }
    const number = this.#jobs.add(job);
    if (session !== null) this.session = session;
    if (hasEnv(kind)) this.reservedFor = kind.name;
    job.placed(tier, this.id);
    this.#setDue(
      job,
      this.loaded.has(kind.name)
        ? job.task.timeoutMs
        : this.#options.startTimeoutMs,
    );
    this.#channel.start(job, number);
  }

  /** Ends all its jobs, for the reason given. */
  endAll(reason: EndReason): void {
    for (const job of this.#jobs) this.end(job, reason);
  }

  /** The first step of the ladder: the task is told. Later its processes are asked to go, then killed. */
  end(job: Job, reason: EndReason): void {
    const number = this.#jobs.numberOf(job);
    if (number === null || job.ending !== null) return;
    job.ending = reason;
    this.#jobs.ends();
    this.#channel.send({ type: "cancel", job: number });
    const { cancelGraceMs } = this.#options;
    const graceMs =
      reason.type === "shutdown"
        ? Math.min(cancelGraceMs, SHUTDOWN_GRACE_MS)
        : cancelGraceMs;
    const now = (job.endedAt = this.#options.env.mono());
    job.killAt = now + graceMs;
    this.#setDue(job, Math.min(job.graceMs ?? NEVER, graceMs * TERMINATE_AT));
  }

  /** Lets an idle worker go; a busy one is killed. */
  retire(): void {
    const wasIdle = this.state === "idle";
    if (this.state === "dead" || this.state === "retiring") return;
    this.state = "retiring";
    if (!wasIdle || !this.#channel.send({ type: "drain" })) {
      this.#kill();
      return;
    }
    this.#ownDueAt = this.#options.env.mono() + this.#options.cancelGraceMs;
    this.#due.need(this.#ownDueAt);
  }

  /** No other job for it: it is let go now, or once it is idle. */
  release(): void {
    this.released = true;
    if (this.state === "idle") this.#options.events.idle(this);
  }

  /** No ladder here: what allocates that fast would be given more time to do so. */
  #checkMemory(): void {
    const heldMb = this.#channel.process.residentMb();
    for (const job of this.#jobs) {
      const limitMb = job.task.kind.memoryMb ?? NEVER;
      if (heldMb <= limitMb) continue;
      if (job.ending === null) this.#jobs.ends();
      job.ending ??= { type: "too_large", limitMb };
      this.#kill();
    }
  }

  /** Whatever it still says, a process that was killed gets no other job. */
  #kill(): void {
    if (this.state !== "dead") this.state = "retiring";
    this.#channel.process.kill();
  }

  /** A clock ran out: of the process or of a job. Returns when the next one does. */
  #passed(now: number): number {
    if (now >= this.#ownDueAt) {
      this.#ownDueAt = NEVER;
      this.#kill();
    }
    const watchAt = this.#watch.passed(now, this.#jobs.size > 0);
    let next = Math.min(this.#ownDueAt, watchAt);
    for (const job of this.#jobs) {
      if (now >= job.dueAt) this.#jobIsDue(job, now);
      next = Math.min(next, job.dueAt);
    }
    return next;
  }

  #jobIsDue(job: Job, now: number): void {
    job.dueAt = NEVER;
    if (job.ending !== null) {
      if (now < job.killAt) {
        job.dueAt = job.killAt;
        this.#channel.process.terminate();
      } else this.#kill();
    } else if (this.loaded.has(job.task.kind.name)) {
      job.health = this.#watch.verdict;
      this.end(job, { type: "timed_out", timeoutMs: job.task.timeoutMs });
    } else {
      job.notLoaded(this.#options.startTimeoutMs);
      this.#kill();
    }
  }

  #answered(number: number, outcome: WorkerOutcome, runMs: number): boolean {
    this.heardAt = this.#options.env.mono();
    const job = this.#jobs.at(number);
    if (job === null || job.describeOnly) {
      // Two results: one was made up, or code of a task that has its result still runs.
      this.release();
      return false;
    }
    this.#free(number);
    job.answered(outcome, runMs);
    return true;
  }

  #said(message: JobMessage): void {
    this.heardAt = this.#options.env.mono();
    const job = this.#jobs.at(message.job);
    if (job === null || !this.#isExpected(message.type, job))
      this.strayMessages++;
    else this.#handle(message, job);
  }

  /** A kind is loaded once, so that no task can start its clock again; an answer fits what was asked. */
  #isExpected(type: JobMessage["type"], job: Job): boolean {
    if (type === "loaded") return !this.loaded.has(job.task.kind.name);
    if (type === "described") return job.describeOnly;
    return true;
  }

  #handle(message: JobMessage, job: Job): void {
    if (message.type === "loaded") {
      this.loaded.add(job.task.kind.name);
      job.loaded(message.loadMs);
      if (job.ending === null) this.#setDue(job, job.task.timeoutMs);
    } else if (message.type === "described") {
      if (message.error === null) this.loaded.add(job.task.kind.name);
      this.#free(message.job);
      if (message.error !== null) job.failed(message.error);
      else job.described(message.description);
    } else tellObserver(job.observer, message);
  }

  #ready(): void {
    this.#started = true;
    this.readyMs = this.#options.env.mono() - this.idleSince;
    this.#ownDueAt = NEVER;
    this.#becomeIdle();
  }

  #setDue(job: Job, ms: number): void {
    job.dueAt = this.#options.env.mono() + ms;
    this.#due.need(job.dueAt);
  }

  #free(number: number): void {
    this.#jobs.remove(number);
    this.tasksDone++;
    if (this.#jobs.size === 0) this.#becomeIdle();
  }

  #becomeIdle(): void {
    if (this.state === "retiring" || this.state === "dead") return;
    this.state = "idle";
    this.idleSince = this.#options.env.mono();
    this.#watch.idle(this.idleSince);
    this.#options.events.idle(this);
  }

  #died(death: WorkerDeath, loss: (job: number) => Loss): void {
    this.#due.stop();
    this.state = "dead";
    const lost = this.jobs.map((job) => ({
      job,
      loss: loss(this.#jobs.numberOf(job) ?? 0),
    }));
    this.#jobs.clear();
    const { events } = this.#options;
    events.dead(
      this,
      death,
      this.#started,
      lost.map(({ job }) => job),
    );
    for (const { job, loss: what } of lost)
      job.workerDied(describeDeath(death), what);
  }
}
