/**
 * One worker and the jobs it has: one, or several of a kind that says so. Each is known by a
 * number that is never used twice, so that whatever a worker says late, twice or of its own
 * invention finds no job and is counted. From the first step of ending a job the worker gets no
 * other until that one was answered.
 */

import type { WorkerId } from "../core/ids.ts";
import type { WorkerOutcome } from "../worker/protocol.ts";
import { describeDeath, type WorkerDeath } from "../worker/worker-process.ts";
import { ladderFor } from "./cancel-ladder.ts";
import { DueTimer } from "./due-timer.ts";
import type { WorkerHealth } from "../core/pool-status.ts";
import type { Loss } from "./health.ts";
import type { EndReason } from "./endings.ts";
import type { Job, JobHolder } from "./job.ts";
import { JobStarts } from "./job-starts.ts";
import { isExpected } from "./is-expected.ts";
import { hasEnv, runsScripts } from "./pool-task.ts";
import { tellObserver } from "./tell-observer.ts";
import type { SlotOptions } from "./slot-options.ts";
import { WorkerChannel, type JobMessage } from "./worker-channel.ts";
import { WorkerFacts } from "./worker-facts.ts";
import { WorkerWatch } from "./worker-watch.ts";

const NEVER = Number.POSITIVE_INFINITY;

export class WorkerSlot extends WorkerFacts implements JobHolder {
  readonly #options: SlotOptions<WorkerSlot>;
  readonly #channel: WorkerChannel;
  readonly #watch: WorkerWatch;
  readonly starts: JobStarts;
  readonly #due: DueTimer;
  /** When the process itself has to have become ready, or to have gone. */
  #ownDueAt: number;
  #started = false;

  /** Throws if the process cannot be started. */
  constructor(options: SlotOptions<WorkerSlot>) {
    const now = options.env.mono();
    super(now);
    this.#options = options;
    this.#due = new DueTimer(options.env, (at) => this.#passed(at));
    this.#channel = new WorkerChannel({
      ...options,
      events: {
        heard: () => (this.heardAt = this.#options.env.mono()),
        ready: () => this.#ready(),
        said: (message) => this.#said(message),
        result: (job, outcome, runMs) => this.#answered(job, outcome, runMs),
        disconnected: () => this.#abandon(),
        stray: () => void this.strayMessages++,
        exit: (death, loss) => this.#died(death, loss),
      },
    });
    this.starts = new JobStarts({
      sessionState: options.sessionState,
      hand: this.hand,
      send: (message) => this.#channel.send(message),
      isOpen: () => this.state === "busy" && !this.released,
      begin: (job, number) => this.#begin(job, number),
      takeBack: (number) => this.#takeBack(number),
    });
    this.#watch = new WorkerWatch({
      sample: () => this.#channel.sample(this.hand.size > 0),
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

  /** While it has jobs, as of the last second or two. */
  get health(): WorkerHealth {
    return this.#watch.verdict;
  }

  /** Room for one more job beside those it runs: of a kind that runs several, already loaded, of the same session. */
  hasRoomBeside(job: Job): boolean {
    return (
      this.state === "busy" &&
      !this.released &&
      this.loaded.has(job.task.kind.name) &&
      this.hand.hasRoomBeside(job)
    );
  }

  assign(job: Job): void {
    if (this.hand.size === 0) {
      const now = this.#options.env.mono();
      this.becameBusy(now);
      const { memoryMb } = job.task.kind;
      this.#due.need(this.#watch.busy(now, memoryMb !== null));
    }
    // Of a clock it had elsewhere; its own begin when it is sent.
    job.dueAt = NEVER;
    this.starts.start(job, this.hand.add(job));
  }

  #begin(job: Job, number: number): void {
    const { session, kind } = job.task;
    const now = this.#options.env.mono();
    const tier = this.tierFor(kind.name, session);
    if (!this.holdsMemory) this.session = session;
    this.#options.events.tierChanged();
    // A module says when it looks at its session's memory.
    if (session !== null && runsScripts(kind)) this.holdsMemory = true;
    if (hasEnv(kind)) this.reservedFor = kind.name;
    const isLoaded = this.loaded.has(kind.name);
    job.placed(tier, this.id, now, isLoaded);
    const { startTimeoutMs } = this.#options;
    this.#setDue(job, now + (isLoaded ? job.begins() : startTimeoutMs));
    this.#channel.start(job, number);
  }

  /** Ends all its jobs, for the reason given. */
  endAll(reason: EndReason): void {
    for (const job of this.hand) this.end(job, reason);
  }

  /** The first step of the ladder: the task is told. Later its processes are asked to go, then killed. */
  end(job: Job, reason: EndReason): void {
    const number = this.hand.numberOf(job);
    if (number === null || job.ending !== null) return;
    if (this.starts.end(job, number, reason)) return;
    job.ending = reason;
    this.hand.ends();
    this.#channel.send({ type: "cancel", job: number });
    const now = (job.endedAt = this.#options.env.mono());
    const ladder = ladderFor(reason, this.#options.cancelGraceMs, job.graceMs);
    job.killAt = now + ladder.killMs;
    this.#setDue(job, now + ladder.terminateMs);
  }

  /** Lets an idle worker go; a busy one is killed. */
  retire(): void {
    const wasIdle = this.state === "idle";
    if (this.state === "dead" || this.state === "retiring") return;
    this.state = "retiring";
    if (!wasIdle || !this.#channel.send({ type: "drain" })) {
      this.kill();
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
    const isSent = (job: Job): boolean => !this.starts.isPending(job);
    if (this.hand.endTooLarge(heldMb, isSent)) this.kill();
  }

  /** One that is on its way out goes by itself. */
  #abandon(): void {
    if (this.state !== "retiring") this.kill();
  }

  /** Whatever it still says, a process that was killed gets no other job. */
  kill(): void {
    if (this.state !== "dead") this.state = "retiring";
    this.#channel.process.kill();
  }

  /** A clock ran out: of the process or of a job. Returns when the next one does. */
  #passed(now: number): number {
    if (now >= this.#ownDueAt) {
      this.#ownDueAt = NEVER;
      this.kill();
    }
    const watchAt = this.#watch.passed(now, this.hand.size > 0);
    let next = Math.min(this.#ownDueAt, watchAt);
    for (const job of this.hand) {
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
      } else this.kill();
    } else if (job.begunAt !== null) {
      const look = job.look(job.begunAt);
      if (look.type === "goes_on") job.dueAt = look.until;
      else this.end(job, { ...look, type: "timed_out", health: this.health });
    } else {
      const afterMs = this.#options.startTimeoutMs;
      job.ending = { type: "not_loaded", afterMs };
      this.hand.ends();
      this.kill();
    }
  }

  #answered(number: number, outcome: WorkerOutcome, runMs: number): boolean {
    const job = this.#sent(number);
    if (job === null || job.describeOnly) {
      // Two results: one was made up, or code of a task that has its result still runs.
      this.release();
      return false;
    }
    this.starts.handOver(job);
    this.#free(number);
    job.answered(outcome, runMs);
    return true;
  }

  /** A worker knows of no other. */
  #sent(number: number): Job | null {
    const job = this.hand.at(number);
    return job === null || this.starts.isPending(job) ? null : job;
  }

  #said(message: JobMessage): void {
    const job = this.#sent(message.job);
    if (job === null || !isExpected(message, job, this.loaded))
      this.strayMessages++;
    else this.#handle(message, job);
  }

  #handle(message: JobMessage, job: Job): void {
    if (message.type === "loaded") {
      this.loaded.add(job.task.kind.name);
      this.#options.events.tierChanged();
      job.loaded(message.loadMs, this.heardAt);
      if (job.ending === null) this.#setDue(job, this.heardAt + job.begins());
    } else if (message.type === "described") {
      if (message.error === null) this.loaded.add(job.task.kind.name);
      this.#free(message.job);
      if (message.error !== null) job.failed(message.error);
      else job.described(message.description);
    } else if (message.type === "bound")
      this.holdsMemory = this.session !== null;
    else if (message.type === "state") this.starts.changed(job, message.json);
    else tellObserver(job, message, this.heardAt);
  }

  #ready(): void {
    this.#started = true;
    this.readyMs = this.#options.env.mono() - this.idleSince;
    this.#ownDueAt = NEVER;
    this.#becomeIdle();
  }

  #setDue(job: Job, at: number): void {
    job.dueAt = at;
    this.#due.need(at);
  }

  #free(number: number): void {
    this.tasksDone++;
    this.#takeBack(number);
  }

  #takeBack(number: number): void {
    this.hand.remove(number);
    if (this.hand.size === 0) this.#becomeIdle();
  }

  #becomeIdle(): void {
    if (this.state === "retiring" || this.state === "dead") return;
    this.becameIdle(this.#options.env.mono());
    this.#watch.idle(this.idleSince);
    this.#options.events.idle(this);
  }

  #died(death: WorkerDeath, loss: (job: number) => Loss): void {
    this.#due.stop();
    this.state = "dead";
    const notSent = this.starts.takeAll();
    const { jobs } = this;
    const losses = jobs.map((job) => loss(this.hand.numberOf(job) ?? 0));
    this.hand.clear();
    this.#options.events.dead(this, death, this.#started, jobs);
    for (const [n, job] of jobs.entries())
      job.workerDied(describeDeath(death), losses[n] ?? "unknown");
    for (const job of notSent) job.again();
  }
}
