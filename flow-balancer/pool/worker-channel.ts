/**
 * All ways between a worker process and its slot: messages, frames of short ones, lanes for long
 * ones, and the page on which the worker says how it is without any. Everything that comes is
 * checked here; whose it is, is the slot's to know.
 */

import { wireError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";
import { isFrame, readResults, type RunRequest } from "../worker/frames.ts";
import { unpacked } from "../worker/packed-message.ts";
import { ParentLanes } from "../worker/parent-lanes.ts";
import { readProcessStat } from "../worker/process-stat.ts";
import {
  BEAT_MS,
  HEARTBEAT_MS,
  PROTOCOL_VERSION,
  type FromWorker,
  type ToWorker,
  type WorkerOutcome,
} from "../worker/protocol.ts";
import { isJson, readMessage } from "../worker/read-message.ts";
import { createSharedFile, unmap } from "../worker/shared-file.ts";
import { STATUS_PAGE_BYTES, StatusPageReader } from "../worker/status-page.ts";
import type { StartWorker, WorkerHandle } from "../worker/worker-handle.ts";
import {
  WorkerProcess,
  type WorkerDeath,
  type WorkerOptions,
} from "../worker/worker-process.ts";
import { classifyLoss, type Loss, type Pulse, type Sample } from "./health.ts";
import type { Job } from "./job.ts";
import type { PoolKind } from "./pool-task.ts";

/** What is said of one job while it runs, beside its result. */
export type JobMessage = Extract<
  FromWorker,
  {
    type:
      | "bound"
      | "loaded"
      | "described"
      | "progress"
      | "heartbeat"
      | "log"
      | "output"
      | "state";
  }
>;

export interface ChannelEvents {
  /** It said something; comes before what it said. */
  heard(): void;
  ready(): void;
  said(message: JobMessage): void;
  /** False if there is no such job: the result is nobody's. */
  result(job: number, outcome: WorkerOutcome, runMs: number): boolean;
  /** It cannot be spoken to any more, whether or not it lives. */
  disconnected(): void;
  /** Something that was no message of a worker's. */
  stray(): void;
  /** `loss` tells what became of a job that had no result; callable only during the call. */
  exit(death: WorkerDeath, loss: (job: number) => Loss): void;
}

export interface ChannelOptions extends Omit<
  WorkerOptions,
  "onMessage" | "onDisconnect" | "onExit" | "page"
> {
  readonly env: Env;
  /** False: as where there is none. Left out: where there is. */
  readonly sharedMemory?: boolean | undefined;
  /** Default: a process. */
  readonly startProcess?: StartWorker | undefined;
  readonly events: ChannelEvents;
}

const startReal: StartWorker = (options) => new WorkerProcess(options);

let generations = 0;

export class WorkerChannel {
  readonly #options: ChannelOptions;
  readonly #process: WorkerHandle;
  readonly #lanes: ParentLanes | null;
  readonly #page: ReturnType<typeof createSharedFile>;
  readonly #reader: StatusPageReader | null;
  readonly #kinds = new Map<string, number>();
  #isReady = false;
  #turns = 0;

  /** Throws if the process cannot be started. */
  constructor(options: ChannelOptions) {
    this.#options = options;
    const generation = ++generations;
    const { sharedMemory = true, startProcess = startReal } = options;
    this.#page = sharedMemory ? createSharedFile(STATUS_PAGE_BYTES) : null;
    this.#reader =
      this.#page === null
        ? null
        : new StatusPageReader(this.#page.memory, generation);
    this.#lanes = sharedMemory
      ? new ParentLanes((message) => this.#process.send(message))
      : null;
    try {
      this.#process = startProcess({
        ...options,
        page:
          this.#page === null ? null : { file: this.#page.ticket, generation },
        onMessage: (message) => this.#receive(message),
        onDisconnect: () => options.events.disconnected(),
        onExit: (death) => this.#exited(death),
      });
    } catch (thrown) {
      this.#page?.close();
      throw thrown;
    }
  }

  get process(): WorkerHandle {
    return this.#process;
  }

  send(message: ToWorker): boolean {
    return this.#process.send(message);
  }

  /** The number is the job's name from here on. Of its trace goes what can be sent, not all that a tracer has. */
  start(job: Job, number: number): void {
    const { kind, id, attempt, session, inputJson, trace } = job.task;
    const index = this.#introduced(kind);
    if (job.describeOnly)
      this.send({ type: "describe", job: number, kind: index });
    else
      this.#run({
        job: number,
        kind: index,
        taskId: id,
        attempt: attempt + job.deaths,
        session,
        inputJson,
        ...(trace && { traceparent: trace.traceparent }),
      });
  }

  #introduced(kind: PoolKind): number {
    const known = this.#kinds.get(kind.name);
    if (known !== undefined) return known;
    const index = this.#kinds.size;
    this.#kinds.set(kind.name, index);
    const { name, source, env } = kind;
    this.send({ type: "kind", index, name, source, env });
    return index;
  }

  #run(request: RunRequest): void {
    const ref = this.#lanes?.write(request.inputJson) ?? null;
    if (ref === null) {
      this.#process.run(request);
      return;
    }
    const { inputJson: _, ...rest } = request;
    this.#process.send({ type: "run_bulk", ...rest, ref });
  }

  /** For a worker that rests: long texts take no memory any more. */
  shrink(): void {
    this.#lanes?.shrink();
  }

  /** A look at it for health.ts, which needs no answer of the worker's. */
  sample(hasJobs: boolean): Sample {
    return {
      at: this.#options.env.mono(),
      state: !this.#isReady ? "starting" : hasJobs ? "running" : "idle",
      pulse: this.#pulse(hasJobs),
      process: readProcessStat(this.#process.pid),
    };
  }

  /** Of the page; without one, of the messages that say so, which come only while it has jobs. */
  #pulse(hasJobs: boolean): Pulse | null {
    if (this.#reader !== null) {
      const beats = this.#reader.read()?.beats;
      return beats === undefined
        ? null
        : { source: "page", beats, everyMs: BEAT_MS };
    }
    return hasJobs
      ? { source: "messages", beats: this.#turns, everyMs: HEARTBEAT_MS }
      : null;
  }

  #receive(raw: unknown): void {
    this.#options.events.heard();
    if (isFrame(raw)) {
      if (!readResults(raw, this.#onResult)) this.#options.events.stray();
      return;
    }
    const { events, settings } = this.#options;
    const message = readMessage(unpacked(raw), settings.maxResultBytes);
    if (message === null) {
      events.stray();
      return;
    }
    switch (message.type) {
      case "ready":
        this.#ready(message.protocol);
        return;
      case "bye":
        return;
      case "lane_open":
        this.#lanes?.opened(message.lane, message.ok);
        return;
      case "lane_shrunk":
        this.#lanes?.shrunk(message.lane);
        return;
      case "result":
        if (message.outcome.status === "completed")
          this.#lanes?.cameInline(message.outcome.valueJson);
        if (!events.result(message.job, message.outcome, message.runMs))
          events.stray();
        return;
      case "result_bulk":
        this.#bulkResult(message);
        return;
      case "turning":
        this.#turns++;
        return;
      default:
        events.said(message);
    }
  }

  readonly #onResult = (
    job: number,
    runMs: number,
    valueJson: string,
  ): void => {
    const { events, settings } = this.#options;
    const isSound =
      isJson(valueJson, settings.maxResultBytes) &&
      events.result(job, { status: "completed", valueJson }, runMs);
    if (!isSound) events.stray();
  };

  #bulkResult({
    job,
    ref,
    runMs,
  }: Extract<FromWorker, { type: "result_bulk" }>): void {
    const { events } = this.#options;
    if (!events.result(job, this.#bulkOutcome(ref), runMs)) events.stray();
  }

  /** A value that was damaged on its way is a failure of the task's that says so: its code has run. */
  #bulkOutcome(ref: unknown): WorkerOutcome {
    const { maxResultBytes } = this.#options.settings;
    let problem = "there is no shared memory";
    try {
      const valueJson = this.#lanes?.read(ref);
      if (valueJson !== undefined) {
        // Its hash is the worker's own code's; to parse it here would take as long as all the rest of its way.
        if (valueJson.length <= maxResultBytes)
          return { status: "completed", valueJson };
        problem = `it is longer than ${maxResultBytes} bytes`;
      }
    } catch (thrown) {
      problem = thrown instanceof Error ? thrown.message : String(thrown);
    }
    const message = `the task's result was damaged on its way from the worker: ${problem}`;
    const hint = "Did the task write to memory that is not its own?";
    return {
      status: "failed",
      error: wireError("PAYLOAD_DAMAGED", message, hint),
      valueJson: null,
    };
  }

  #ready(protocol: number): void {
    const { events } = this.#options;
    if (this.#isReady || protocol !== PROTOCOL_VERSION) {
      events.stray();
      return;
    }
    this.#isReady = true;
    // It has mapped the page, or went on without: nobody else is to.
    this.#page?.close();
    events.ready();
  }

  #exited(death: WorkerDeath): void {
    const reader = this.#reader;
    this.#options.events.exit(death, (job) =>
      classifyLoss(reader?.lane(job) ?? null, job),
    );
    this.#page?.close();
    if (this.#page !== null) unmap(this.#page.memory);
    this.#lanes?.close();
  }
}
