/**
 * One task in the pool, from `run` to its one outcome: waiting -> placed -> (ending) -> settled.
 * It owns the three clocks; whoever settles it first wins, the rest is ignored.
 */

import { wireError, type ErrorCode, type WireError } from "../core/errors.ts";
import type { WorkerId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { MonoMs } from "../core/time.ts";
import type { Execution, TaskResult } from "../core/task.ts";
import type { Tier } from "../core/tier.ts";
import type { ToWorker, WorkerOutcome } from "../worker/protocol.ts";
import type { PoolObserver, PoolOutcome, PoolTask } from "./pool-task.ts";

/** Why a running job is being ended by us. */
export type EndReason =
  | { readonly type: "cancelled" }
  | { readonly type: "timed_out"; readonly timeoutMs: number }
  | { readonly type: "too_large"; readonly limitMb: number }
  /** The server goes: the task did nothing wrong. */
  | { readonly type: "shutdown" };

export class Job {
  readonly task: PoolTask;
  readonly observer: PoolObserver;
  /** Ask a worker what the kind is, rather than run it. */
  readonly describeOnly: boolean;
  readonly done: Promise<PoolOutcome>;
  ending: EndReason | null = null;
  #resolve!: (outcome: PoolOutcome) => void;
  #settled = false;
  readonly #env: Env;
  readonly #enqueuedAt: MonoMs;
  #placed: { tier: Tier; worker: WorkerId; at: MonoMs } | null = null;
  #startMs = 0;

  constructor(
    task: PoolTask,
    observer: PoolObserver,
    env: Env,
    describeOnly: boolean,
  ) {
    this.task = task;
    this.observer = observer;
    this.describeOnly = describeOnly;
    this.#env = env;
    this.#enqueuedAt = env.mono();
    this.done = new Promise((resolve) => (this.#resolve = resolve));
  }

  get priority(): number {
    return this.task.priority;
  }

  placed(tier: Tier, worker: WorkerId): void {
    this.#placed = { tier, worker, at: this.#env.mono() };
    this.observer.started?.(tier);
  }

  loaded(loadMs: number): void {
    this.#startMs = loadMs;
  }

  message(number: number): ToWorker {
    const { kind } = this.task;
    if (this.describeOnly)
      return {
        type: "describe",
        job: number,
        kind: kind.name,
        source: kind.source,
      };
    return {
      type: "run",
      job: number,
      taskId: this.task.id,
      attempt: this.task.attempt,
      session: this.task.session,
      kind: kind.name,
      source: kind.source,
      inputJson: this.task.inputJson,
      env: kind.env,
    };
  }

  /** The worker's answer. `completed` counts even while the job is being ended: a worker says so only if it was done before it heard of that. */
  answered(outcome: WorkerOutcome, runMs: number): void {
    if (this.ending !== null && outcome.status !== "completed") {
      this.ended("it stopped when asked to");
      return;
    }
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

  /** The end of the ladder: `how` says which step it took. */
  ended(how: string): void {
    if (this.ending?.type === "timed_out")
      this.#settle({
        status: "timed_out",
        error: wireError(
          "TASK_TIMEOUT",
          `the task ran longer than its ${this.ending.timeoutMs} ms; ${how}`,
          "Give a larger timeout_ms, or split the work.",
        ),
        valueJson: null,
      });
    else if (this.ending?.type === "too_large")
      this.failed(
        wireError(
          "MEMORY_LIMIT",
          `the worker held more than the kind's ${this.ending.limitMb} MiB; ${how}`,
          "Raise memory_mb of the kind, or give the task less at a time.",
        ),
      );
    else if (this.ending?.type === "shutdown")
      this.#lost("SHUTTING_DOWN", "the server shut down before the task ended");
    else
      this.#settle({
        status: "cancelled",
        error: wireError("CANCELLED", `the task was cancelled; ${how}`),
        valueJson: null,
      });
  }

  /** Cancelled before it reached a worker. */
  dropped(): void {
    this.ending = { type: "cancelled" };
    this.ended("it had not started");
  }

  failed(error: WireError): void {
    this.#settle({ status: "failed", error, valueJson: null });
  }

  /** The worker died under it. What may have had effects and must not have them twice has no known outcome. */
  workerDied(how: string): void {
    if (this.ending !== null) {
      this.ended(`its worker ${how}`);
      return;
    }
    this.#lost(
      "WORKER_EXITED",
      `its worker ${how} before the task returned`,
      "Did the task, or one before it on this worker, call process.exit or run out of memory? Tasks on other workers were not harmed; submit it again if that is safe.",
    );
  }

  #lost(code: ErrorCode, message: string, hint?: string): void {
    this.#settle(
      this.task.kind.effects === "once"
        ? {
            status: "unknown_outcome",
            error: wireError(
              "UNKNOWN_OUTCOME",
              `${message}, and the kind's effects are 'once'`,
              "Check whether it took effect before you submit it again.",
            ),
            valueJson: null,
          }
        : {
            status: "failed",
            error: wireError(code, message, hint),
            valueJson: null,
          },
    );
  }

  #settle(result: TaskResult, reportedRunMs?: number): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#resolve({ result, execution: this.#execution(reportedRunMs) });
  }

  #execution(reportedRunMs: number | undefined): Execution | null {
    const placed = this.#placed;
    if (placed === null) return null;
    return {
      tier: placed.tier,
      worker: placed.worker,
      waitMs: placed.at - this.#enqueuedAt,
      startMs: this.#startMs,
      runMs:
        reportedRunMs ??
        Math.max(0, this.#env.mono() - placed.at - this.#startMs),
    };
  }
}
