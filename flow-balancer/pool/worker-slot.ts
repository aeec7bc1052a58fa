/**
 * One worker and the job it has: at most one, known by a number that is never used twice, so
 * that whatever a worker says late, twice or of its own invention finds no job and is counted.
 * From the first step of ending a job the worker gets no other until it answered.
 */

import { wireError } from "../core/errors.ts";
import type { SessionId, WorkerId } from "../core/ids.ts";
import type { WorkerState } from "../core/pool-status.ts";
import type { Env } from "../core/ports.ts";
import type { MonoMs } from "../core/time.ts";
import type { Tier } from "../core/tier.ts";
import type { FromWorker } from "../worker/protocol.ts";
import { PROTOCOL_VERSION } from "../worker/protocol.ts";
import { readMessage } from "../worker/read-message.ts";
import {
  describeDeath,
  WorkerProcess,
  type WorkerDeath,
} from "../worker/worker-process.ts";
import type { WorkerOptions } from "../worker/worker-process.ts";
import type { EndReason, Job } from "./job.ts";

/** Often enough that a worker cannot fill a machine between two looks; reading one line of /proc costs 20 us. */
const MEMORY_CHECK_MS = 250;

/** A client that closed its server kills it after about two seconds. */
const SHUTDOWN_GRACE_MS = 1_000;

export interface SlotEvents {
  /** The worker can take a job. */
  idle(slot: WorkerSlot): void;
  /** Gone for good; `started` tells whether it ever became ready. */
  dead(slot: WorkerSlot, death: WorkerDeath, started: boolean): void;
}

export interface SlotOptions extends Omit<
  WorkerOptions,
  "onMessage" | "onExit"
> {
  readonly env: Env;
  readonly startTimeoutMs: number;
  readonly cancelGraceMs: number;
  readonly events: SlotEvents;
}

export class WorkerSlot {
  readonly loaded = new Set<string>();
  session: SessionId | null = null;
  reservedFor: string | null = null;
  state: WorkerState = "starting";
  idleSince: MonoMs;
  tasksDone = 0;
  /** To be let go as soon as it is idle. */
  released = false;
  /** Messages that named no running job. */
  strayMessages = 0;
  heardAt: MonoMs;
  readonly #options: SlotOptions;
  readonly #process: WorkerProcess;
  #job: Job | null = null;
  #jobNumber = 0;
  #stopTimer: () => void = () => {};
  #started = false;

  /** Throws if the process cannot be started. */
  constructor(options: SlotOptions) {
    this.#options = options;
    this.idleSince = this.heardAt = options.env.mono();
    this.#process = new WorkerProcess({
      ...options,
      onMessage: (message) => this.#receive(message),
      onExit: (death) => this.#died(death),
    });
    this.#arm(options.startTimeoutMs, () => this.#kill());
  }

  get id(): WorkerId {
    return this.#process.id;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Not for any task that comes. */
  get bound(): boolean {
    return this.session !== null || this.reservedFor !== null;
  }

  get job(): Job | null {
    return this.#job;
  }

  /** How specialised the process is now. */
  get tier(): Tier {
    if (this.session !== null) return "hot";
    return this.loaded.size > 0 ? "warm" : "cold";
  }

  assign(job: Job, tier: Tier): void {
    this.state = "busy";
    this.#job = job;
    this.#jobNumber++;
    const { session, kind } = job.task;
    if (session !== null) this.session = session;
    if (Object.keys(kind.env).length > 0) this.reservedFor = kind.name;
    job.placed(tier, this.id);
    if (this.loaded.has(job.task.kind.name)) this.#startRunClock(job);
    else
      this.#arm(this.#options.startTimeoutMs, () => {
        job.failed(
          wireError(
            "START_TIMEOUT",
            `kind '${job.task.kind.name}' was not loaded after ${this.#options.startTimeoutMs} ms; its worker was ended`,
            "Does the module wait for something while it is imported?",
          ),
        );
        this.#kill();
      });
    this.#watchMemory(job);
    this.#process.send(job.message(this.#jobNumber));
  }

  /** The first step of the ladder; the last is the end of the process tree, `cancelGraceMs` later. */
  end(reason: EndReason): void {
    const job = this.#job;
    if (job === null || job.ending !== null) return;
    job.ending = reason;
    this.#process.send({ type: "cancel", job: this.#jobNumber });
    const { cancelGraceMs } = this.#options;
    this.#arm(
      reason.type === "shutdown"
        ? Math.min(cancelGraceMs, SHUTDOWN_GRACE_MS)
        : cancelGraceMs,
      () => this.#kill(),
    );
  }

  /** Lets an idle worker go; a busy one is killed. */
  retire(): void {
    const wasIdle = this.state === "idle";
    if (this.state === "dead" || this.state === "retiring") return;
    this.state = "retiring";
    if (!wasIdle || !this.#process.send({ type: "drain" })) {
      this.#kill();
      return;
    }
    this.#arm(this.#options.cancelGraceMs, () => this.#kill());
  }

  /** No ladder here: what allocates that fast would be given more time to do so. */
  #watchMemory(job: Job): void {
    const { memoryMb } = job.task.kind;
    if (memoryMb === null) return;
    this.#options.env.timer(MEMORY_CHECK_MS, () => {
      if (this.#job !== job) return;
      if (this.#process.residentMb() > memoryMb) {
        job.ending ??= { type: "too_large", limitMb: memoryMb };
        this.#kill();
      } else this.#watchMemory(job);
    });
  }

  /** Whatever it still says, a process that was killed gets no other job. */
  #kill(): void {
    if (this.state !== "dead") this.state = "retiring";
    this.#process.kill();
  }

  #receive(raw: unknown): void {
    this.heardAt = this.#options.env.mono();
    const { maxResultBytes } = this.#options.settings;
    const message = readMessage(raw, maxResultBytes);
    if (message === null) {
      this.strayMessages++;
      return;
    }
    if (message.type === "ready") {
      this.#ready(message.protocol);
      return;
    }
    if (message.type === "bye") return;
    const job = this.#job;
    if (
      job === null ||
      message.job !== this.#jobNumber ||
      !this.#isExpected(message.type, job)
    ) {
      this.strayMessages++;
      // Two results: one was made up, or code of a task that has its result still runs.
      if (message.type === "result") this.release();
      return;
    }
    this.#handle(message, job);
  }

  /** No other job for it: it is let go now, or once it is idle. */
  release(): void {
    this.released = true;
    if (this.state === "idle") this.#options.events.idle(this);
  }

  /** A kind is loaded once, so that no task can start its clock again; an answer fits what was asked. */
  #isExpected(type: FromWorker["type"], job: Job): boolean {
    if (type === "loaded") return !this.loaded.has(job.task.kind.name);
    if (type === "result") return !job.describeOnly;
    if (type === "described") return job.describeOnly;
    return true;
  }

  #handle(
    message: Exclude<FromWorker, { type: "ready" | "bye" }>,
    job: Job,
  ): void {
    const { observer } = job;
    switch (message.type) {
      case "loaded":
        this.loaded.add(job.task.kind.name);
        job.loaded(message.loadMs);
        if (job.ending === null) this.#startRunClock(job);
        return;
      case "result":
        this.#free();
        job.answered(message.outcome, message.runMs);
        return;
      case "described":
        if (message.error === null) this.loaded.add(job.task.kind.name);
        this.#free();
        if (message.error !== null) job.failed(message.error);
        else
          job.answered(
            {
              status: "completed",
              valueJson: JSON.stringify(message.description),
            },
            0,
          );
        return;
      case "progress":
        observer.progress?.(message.done, message.total, message.message);
        return;
      case "output":
        observer.output?.(message.text, message.bytes);
        return;
      case "log":
        observer.log?.(message.message);
        return;
      case "heartbeat":
        return;
    }
  }

  #ready(protocol: number): void {
    if (this.#started || protocol !== PROTOCOL_VERSION) {
      this.strayMessages++;
      return;
    }
    this.#started = true;
    this.#free();
  }

  #startRunClock(job: Job): void {
    const { timeoutMs } = job.task;
    this.#arm(timeoutMs, () => this.end({ type: "timed_out", timeoutMs }));
  }

  #free(): void {
    this.#stopTimer();
    this.#job = null;
    if (this.#jobNumber > 0) this.tasksDone++;
    if (this.state === "retiring" || this.state === "dead") return;
    this.state = "idle";
    this.idleSince = this.#options.env.mono();
    this.#options.events.idle(this);
  }

  #died(death: WorkerDeath): void {
    this.#stopTimer();
    this.state = "dead";
    const job = this.#job;
    this.#job = null;
    job?.workerDied(describeDeath(death));
    this.#options.events.dead(this, death, this.#started);
  }

  #arm(ms: number, fn: () => void): void {
    this.#stopTimer();
    this.#stopTimer = this.#options.env.timer(ms, fn);
  }
}
