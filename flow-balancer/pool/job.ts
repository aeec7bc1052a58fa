/**
 * One task in the pool, from `run` to its one outcome: waiting -> placed -> (ending) -> settled.
 * It owns the three clocks; whoever settles it first wins, the rest is ignored.
 */

import { wireError, type WireError } from "../core/errors.ts";
import type { WorkerId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { MonoMs } from "../core/time.ts";
import type { Execution, TaskResult, Timing } from "../core/task.ts";
import type { Tier } from "../core/tier.ts";
import type { KindDescription, WorkerOutcome } from "../worker/protocol.ts";
import type { Choice } from "./choice.ts";
import { decisionOf } from "./decision-of.ts";
import {
  endedResult,
  leaseLostResult,
  lostResult,
  mayRunTwice,
  poisonedResult,
  refusedResult,
  type EndReason,
  type Permit,
} from "./endings.ts";
import type { WaitNode } from "./flow.ts";
import type { Loss } from "./health.ts";
import type {
  PoolObserver,
  PoolOutcome,
  PoolRun,
  PoolTask,
} from "./pool-task.ts";
import { SignsOfLife, type Limits, type Look } from "./signs-of-life.ts";
import type { WorkerView } from "./worker-view.ts";

/** The worker that has a job, as far as a job's owner needs to know it. */
export interface JobHolder extends WorkerView {
  assign(job: Job): void;
  end(job: Job, reason: EndReason): void;
  /** Room for one more job beside those it runs. */
  hasRoomBeside(job: Job): boolean;
}

/** Who gave the job its worker. */
export interface JobOwner {
  cancel(job: Job): void;
  /** It is on no worker any more; called before `done` is resolved. */
  left(job: Job, outcome: PoolOutcome): void;
  /** Its worker died, and it may be run again. */
  again(job: Job): void;
  /** How long tasks of the kind take to stop when told, ms; null: nobody knows. */
  graceMs(kind: string): number | null;
}

/** So many workers may die under a task before it is taken for the cause. */
const MAX_DEATHS = 3;

const SHUTTING_DOWN = wireError("SHUTTING_DOWN", "the server is shutting down");

export class Job implements PoolRun {
  readonly task: PoolTask;
  readonly observer: PoolObserver;
  /** Ask a worker what the kind is, rather than run it. */
  readonly describeOnly: boolean;
  readonly done: Promise<PoolOutcome>;
  readonly enqueuedAt: MonoMs;
  ending: EndReason | null = null;
  /** Nothing runs beside it on its worker: so that a death is its own. */
  alone = false;
  /** Its place among those that wait, while it does. */
  node: WaitNode<Job> | null = null;
  /** Why it got the worker it got; null if there was nothing to choose. */
  choice: Choice<WorkerView> | null = null;
  /** When it was let in; null if it did not have to wait. */
  predictedWaitMs: number | null = null;
  /** The worker that has it, while one does. */
  slot: JobHolder | null = null;
  /** When its present clock runs out; which clock is for whoever placed it to know. */
  dueAt = Number.POSITIVE_INFINITY;
  /** While it is being ended: when its worker is killed. */
  killAt = Number.POSITIVE_INFINITY;
  /** When its own time began on the worker that has it; null: its kind is not loaded there yet. */
  begunAt: MonoMs | null = null;
  /** When it was told to stop. */
  endedAt: MonoMs | null = null;
  /** What it left of its session's state, and the version that was made from; null: what it found. */
  leaves: { readonly json: string; readonly base: number } | null = null;
  /** Workers that died while it ran on them. */
  deaths = 0;
  #resolve!: (outcome: PoolOutcome) => void;
  #settled = false;
  readonly #env: Env;
  readonly #owner: JobOwner;
  #limits: Limits;
  #signs: SignsOfLife | null = null;
  #tier: Tier | null = null;
  #worker: WorkerId | null = null;
  #placedAt: MonoMs;
  #startMs = 0;
  /** When the worker it had last died; null: it has one, or never had. */
  #leftAt: MonoMs | null = null;
  #crashKey: string | null = null;

  constructor(
    task: PoolTask,
    observer: PoolObserver,
    env: Env,
    owner: JobOwner,
    describeOnly: boolean,
  ) {
    this.task = this.#limits = task;
    this.observer = observer;
    this.describeOnly = describeOnly;
    this.#env = env;
    this.#owner = owner;
    this.enqueuedAt = this.#placedAt = env.mono();
    this.done = new Promise((resolve) => (this.#resolve = resolve));
  }

  get priority(): number {
    return this.task.priority;
  }

  get placedAt(): MonoMs {
    return this.#placedAt;
  }

  get graceMs(): number | null {
    return this.#owner.graceMs(this.task.kind.name);
  }

  /** What tasks have in common that kill their workers: the module, or the very same command or script. */
  get crashKey(): string {
    const { kind, inputJson } = this.task;
    return (this.#crashKey ??=
      kind.source.type === "module"
        ? kind.name
        : `${kind.name} ${Bun.hash(inputJson)}`);
  }

  /** Of its three clocks; null if nobody foretold them. */
  get predicted(): Timing | null {
    const { choice, predictedWaitMs } = this;
    if (choice?.type !== "use") return null;
    const { predicted } = choice;
    return predictedWaitMs === null
      ? predicted
      : { ...predicted, waitMs: predictedWaitMs };
  }

  cancel(): void {
    this.#owner.cancel(this);
  }

  placed(tier: Tier, worker: WorkerId, now: MonoMs, isLoaded: boolean): void {
    this.#tier = tier;
    this.#worker = worker;
    this.#placedAt = now;
    // Of a worker that died, if it had one before.
    this.#startMs = 0;
    this.#signs = this.#leftAt = null;
    this.begunAt = isLoaded ? now : null;
    this.leaves = null;
    this.observer.started?.(tier);
  }

  loaded(loadMs: number, now: MonoMs): void {
    this.#startMs = loadMs;
    this.begunAt = now;
  }

  /** Its code said or printed something. */
  gaveSign(now: MonoMs): void {
    if (this.begunAt !== null)
      (this.#signs ??= new SignsOfLife(this.begunAt)).give(now);
  }

  /** Its own time begins; after so many ms it is looked at. */
  begins(): number {
    this.#limits = this.task.limits?.() ?? this.task;
    return this.#limits.timeoutMs;
  }

  /** Its first limit, or a moment named by the look before, has passed. */
  look(begunAt: MonoMs): Look {
    const signs = (this.#signs ??= new SignsOfLife(begunAt));
    return signs.look(this.#limits, this.#env.mono());
  }

  /** The worker's answer. `completed` counts even while the job is being ended: a worker says so only if it was done before it heard of that. */
  answered(outcome: WorkerOutcome, runMs: number): void {
    if (this.ending !== null && outcome.status !== "completed")
      return this.ended("it stopped when asked to");
    this.#settle(
      outcome.status === "cancelled"
        ? {
            status: "failed",
            error: wireError("TASK_THREW", "the task gave up"),
            valueJson: null,
          }
        : outcome,
      runMs,
    );
  }

  /** To a question of what the kind is. */
  described(description: KindDescription | null): void {
    const valueJson = JSON.stringify(description);
    this.#settle({ status: "completed", valueJson }, 0);
  }

  /** The end of the ladder: `how` says which step it took. */
  ended(how: string): void {
    const reason = this.ending ?? { type: "cancelled" };
    this.#settle(endedResult(reason, this.task.kind, how));
  }

  /** Cancelled before it reached a worker. */
  dropped(): void {
    this.ending = { type: "cancelled" };
    this.ended("it had not started");
  }

  /** It has a worker, and was not sent to it: it waits for another. */
  again(): void {
    this.#owner.again(this);
  }

  /** The same, and is to be ended. */
  neverSent(reason: EndReason): void {
    if (reason.type === "shutdown") this.failed(SHUTTING_DOWN);
    else this.dropped();
  }

  /** The same, and may not start. */
  notAllowed(permit: Exclude<Permit, { type: "granted" }>): void {
    if (permit.type === "failed") this.failed(permit.error);
    else this.#settle(leaseLostResult());
  }

  failed(error: WireError): void {
    this.#settle({ status: "failed", error, valueJson: null });
  }

  /** The worker died under it. What may have had effects and must not have them twice has no known outcome. */
  workerDied(how: string, loss: Loss): void {
    if (this.ending !== null) return this.ended(`its worker ${how}`);
    this.deaths++;
    this.#leftAt = this.#env.mono();
    this.alone = true;
    const isSafe = loss === "never_started" || mayRunTwice(this.task.kind);
    if (isSafe && !this.describeOnly) {
      if (this.deaths < MAX_DEATHS) this.#owner.again(this);
      else this.#settle(poisonedResult(this.deaths, how));
      return;
    }
    this.#settle(
      lostResult(
        this.task.kind,
        "WORKER_EXITED",
        `its worker ${how} before the task returned`,
        "Did the task, or one before it on this worker, call process.exit or run out of memory? Tasks on other workers were not harmed; submit it again if that is safe.",
      ),
    );
  }

  /** Its like killed so many workers that none is given to it for `forMs`. */
  killedTooOften(forMs: number): void {
    this.#settle(refusedResult(forMs));
  }

  #settle(result: TaskResult, reportedRunMs?: number): void {
    if (this.#settled) return;
    this.#settled = true;
    const outcome = { result, execution: this.#execution(reportedRunMs) };
    this.#owner.left(this, outcome);
    this.#resolve(outcome);
  }

  #execution(reportedRunMs: number | undefined): Execution | null {
    if (this.#tier === null || this.#worker === null) return null;
    const { begunAt, deaths } = this;
    // How long it takes to stop when told, or waits for another worker, is not its own time.
    const until = this.endedAt ?? this.#leftAt ?? this.#env.mono();
    const ranMs = reportedRunMs ?? until - (begunAt ?? this.#placedAt);
    const execution = {
      tier: this.#tier,
      worker: this.#worker,
      waitMs: this.#placedAt - this.enqueuedAt,
      // A kind that never got loaded took all of it.
      startMs: begunAt === null ? Math.max(0, ranMs) : this.#startMs,
      runMs: begunAt === null ? 0 : Math.max(0, ranMs),
      decision: decisionOf(this.choice, this.predicted),
      beats: this.#signs?.hasAnyBefore(until) ?? false,
    };
    return deaths > 0 ? { ...execution, deaths } : execution;
  }
}
