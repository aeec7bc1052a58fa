/**
 * A worker that is no process: it speaks the real protocol, frames and packed messages included,
 * but starts, loads, answers, hangs and dies when it is told to, or when a stepped clock says so.
 */

import type { WorkerId } from "../../flow-balancer/core/ids.ts";
import {
  isFrame,
  readRuns,
  ResultFrame,
  RunFrame,
  type RunRequest,
} from "../../flow-balancer/worker/frames.ts";
import { packed, unpacked } from "../../flow-balancer/worker/packed-message.ts";
import {
  PROTOCOL_VERSION,
  type FromWorker,
  type ToWorker,
  type WorkerOutcome,
} from "../../flow-balancer/worker/protocol.ts";
import type {
  WorkerDeath,
  WorkerOptions,
} from "../../flow-balancer/worker/worker-process.ts";
import type { WorkerHandle } from "../../flow-balancer/worker/worker-handle.ts";
import type { SteppedClock } from "./stepped-clock.ts";

/** A run as the worker knows it, once it has read of it. */
export interface SimulatedRun {
  readonly job: number;
  readonly taskId: string;
  readonly kind: string;
  readonly describes: boolean;
  phase: "loading" | "running" | "ended";
  isCancelled: boolean;
}

/** Who watches, and decides what a worker does by itself. */
export interface WorkerScript {
  readonly spawnMs: number;
  readonly loadMs: number;
  /** The pool gave it away just now; the worker has not read it yet. */
  given?(worker: SimulatedWorker, request: RunRequest): void;
  running?(worker: SimulatedWorker, run: SimulatedRun): void;
  cancelled?(worker: SimulatedWorker, run: SimulatedRun): void;
  /** Just before the parent is told. */
  says?(worker: SimulatedWorker, message: FromWorker): void;
  dies?(worker: SimulatedWorker): void;
}

const OUT_OF_THE_WAY_PID = 1_000_000_000;

export class SimulatedWorker implements WorkerHandle {
  readonly id: WorkerId;
  readonly pid: number;
  readonly bornAt: number;
  readonly runs = new Map<number, SimulatedRun>();
  /** Numbers of runs that have ended. */
  readonly ended: number[] = [];
  readonly loaded = new Set<string>();
  isReady = false;
  /** It reads nothing, and what it was about to do does not come to an end. */
  hangs = false;
  /** What it says is held up on its way. */
  isHeldUp = false;
  /** Ended by the pool. */
  isKilled = false;
  /** Told to go: gets nothing new. */
  drainedAt: number | null = null;
  /** No process any more; the parent may not have heard. */
  isDead = false;
  /** The parent heard of its end. */
  isGone = false;
  heldMb = 50;
  grewAt = 0;
  readonly #options: WorkerOptions;
  readonly #clock: SteppedClock;
  readonly #script: WorkerScript;
  readonly #kinds: string[] = [];
  #runFrame = new RunFrame();
  readonly #results = new ResultFrame();
  #resultsSaid: FromWorker[] = [];
  #inbox: (object | string)[] = [];
  #outbox: { raw: object | string; said: readonly FromWorker[] }[] = [];
  /** What was due while it hung. */
  #overdue: (() => void)[] = [];
  #death: WorkerDeath | null = null;

  constructor(
    serial: number,
    options: WorkerOptions,
    clock: SteppedClock,
    script: WorkerScript,
  ) {
    this.id = options.id;
    this.pid = OUT_OF_THE_WAY_PID + serial;
    this.bornAt = clock.mono();
    this.#options = options;
    this.#clock = clock;
    this.#script = script;
    this.send({ type: "init", settings: options.settings, page: null });
  }

  send(message: ToWorker): boolean {
    this.#flushRuns();
    if (message.type === "drain") this.drainedAt = this.#clock.mono();
    return this.#post(packed(message));
  }

  run(request: RunRequest): void {
    this.#script.given?.(this, request);
    this.#runFrame.run(request);
    if (this.#runFrame.isFull) this.#flushRuns();
  }

  terminate(): void {
    // Tasks here have no processes of their own.
  }

  kill(): void {
    this.isKilled = true;
    this.die({ exitCode: null, signal: "SIGKILL" });
  }

  grow(toMb: number): void {
    this.heldMb = toMb;
    this.grewAt = this.#clock.mono();
  }

  residentMb(): number {
    return this.isDead ? 0 : this.heldMb;
  }

  /** One turn: reads all, then says all. False if there was nothing. */
  turn(): boolean {
    this.#flushRuns();
    const heard = this.hangs || this.isDead ? [] : this.#inbox.splice(0);
    for (const raw of heard) this.#read(raw);
    this.#flushResults();
    const isHeldUp = this.isHeldUp && !this.isDead;
    const said = isHeldUp ? [] : this.#outbox.splice(0);
    for (const { raw, said: messages } of said) {
      for (const message of messages) this.#script.says?.(this, message);
      this.#options.onMessage(raw);
    }
    const dies = this.#death !== null && !this.isGone;
    if (this.#death !== null && dies) {
      this.isGone = true;
      this.#script.dies?.(this);
      this.#options.onExit(this.#death);
    }
    return heard.length > 0 || said.length > 0 || dies;
  }

  /** After `ms`, unless it died; if it hangs then, as soon as it does not. */
  after(ms: number, fn: () => void): void {
    this.#clock.timer(ms, () => {
      if (this.isDead) return;
      if (this.hangs) this.#overdue.push(fn);
      else fn();
    });
  }

  /** It was only stopped, or its way blocked. */
  wake(): void {
    this.hangs = false;
    this.isHeldUp = false;
    for (const fn of this.#overdue.splice(0)) if (!this.isDead) fn();
  }

  die(how: Pick<WorkerDeath, "exitCode" | "signal">): void {
    if (this.isDead) return;
    // What it said before is still on its way.
    this.#flushResults();
    this.isDead = true;
    this.#death = { ...how, lastWords: "", leftBehind: 0 };
  }

  /** Results of short tasks go in a frame, as the real ones do. */
  complete(run: SimulatedRun, valueJson: string, runMs: number): void {
    this.#end(run);
    this.#results.result(run.job, runMs, valueJson);
    const outcome = { status: "completed", valueJson } as const;
    this.#resultsSaid.push({ type: "result", job: run.job, outcome, runMs });
  }

  answer(run: SimulatedRun, outcome: WorkerOutcome, runMs: number): void {
    this.#end(run);
    this.say({ type: "result", job: run.job, outcome, runMs });
  }

  say(message: FromWorker): void {
    if (this.isDead) return;
    this.#flushResults();
    this.#outbox.push({ raw: packed(message), said: [message] });
  }

  /** Something nobody is told of before the pool is. */
  sayRaw(raw: object | string): void {
    if (this.isDead) return;
    this.#flushResults();
    this.#outbox.push({ raw, said: [] });
  }

  #end(run: SimulatedRun): void {
    run.phase = "ended";
    this.runs.delete(run.job);
    this.ended.push(run.job);
  }

  #post(raw: object | string): boolean {
    if (this.isDead) return false;
    this.#inbox.push(raw);
    return true;
  }

  #flushRuns(): void {
    if (!this.#runFrame.isEmpty) this.#post(this.#runFrame.take());
  }

  #flushResults(): void {
    if (this.#results.isEmpty) return;
    const said = this.#resultsSaid.splice(0);
    this.#outbox.push({ raw: this.#results.take(), said });
  }

  #read(raw: object | string): void {
    if (isFrame(raw)) readRuns(raw, (run) => this.#begin(run, false));
    else this.#readMessage(unpacked(raw) as ToWorker);
  }

  #readMessage(message: ToWorker): void {
    if (message.type === "init")
      this.after(this.#script.spawnMs, () => this.#becomeReady());
    else if (message.type === "kind") this.#kinds.push(message.name);
    else if (message.type === "run") this.#begin(message, false);
    else if (message.type === "describe") this.#begin(message, true);
    else if (message.type === "cancel") this.#cancel(message.job);
    else if (message.type === "drain") {
      this.say({ type: "bye" });
      this.die({ exitCode: 0, signal: null });
    }
  }

  #becomeReady(): void {
    this.isReady = true;
    const { pid } = this;
    this.say({ type: "ready", protocol: PROTOCOL_VERSION, bun: "1", pid });
  }

  #cancel(job: number): void {
    const run = this.runs.get(job);
    if (run === undefined) return;
    run.isCancelled = true;
    this.#script.cancelled?.(this, run);
  }

  #begin(
    request: { job: number; kind: number; taskId?: string },
    describes: boolean,
  ): void {
    const run: SimulatedRun = {
      job: request.job,
      taskId: request.taskId ?? "",
      kind: this.#kinds[request.kind] ?? "?",
      describes,
      phase: "loading",
      isCancelled: false,
    };
    this.runs.set(run.job, run);
    if (this.loaded.has(run.kind)) this.#loaded(run);
    else
      this.after(this.#script.loadMs, () => {
        if (run.phase !== "loading") return;
        this.loaded.add(run.kind);
        if (!describes) {
          const { loadMs } = this.#script;
          this.say({ type: "loaded", job: run.job, loadMs });
        }
        this.#loaded(run);
      });
  }

  #loaded(run: SimulatedRun): void {
    run.phase = "running";
    if (run.describes) {
      this.#end(run);
      const description = { description: run.kind, inputSchema: null };
      this.say({ type: "described", job: run.job, description, error: null });
      return;
    }
    this.#script.running?.(this, run);
    if (run.isCancelled) this.#script.cancelled?.(this, run);
  }
}
