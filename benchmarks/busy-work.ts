/** Our pool under tasks that compute: how much it can do, and what becomes of those that arrive by a schedule. */

import { BalancerError } from "../flow-balancer/core/errors.ts";
import type { PoolRun } from "../flow-balancer/pool/pool-task.ts";
import type { LoadRecord } from "./load-figures.ts";
import { driveOpenLoop } from "./open-loop.ts";
import { moduleKind, OwnPool, valueOf } from "./own-pool.ts";

const RUN_MS = 5;
/** Enough that no worker waits for the next task, few enough that they wait for nothing else. */
const IN_FLIGHT_PER_WORKER = 4;
const WARM_UP_MS = 500;
const WINDOW_MS = 500;
const FIRST_STEPS = 1_000_000;
/** The first ones are not compiled yet. */
const CALIBRATION_RUNS = 25;
const SEED = 7;
const MAX_WAITING = 1_000;

const KIND = moduleKind("busy");

export interface OpenLoopRun {
  readonly records: readonly LoadRecord[];
  /** How late each was submitted, ms. */
  readonly lags: readonly number[];
  /** From the first moment to the last arrival. */
  readonly period: { readonly from: number; readonly to: number };
}

/** A refusal names the wait in its message alone: "about 120 ms". */
function predictedWaitOf({ message }: BalancerError): number | null {
  const ms = /about (\d+) ms/.exec(message)?.[1];
  return ms === undefined ? null : Number(ms);
}

export class BusyWork implements AsyncDisposable {
  readonly #own: OwnPool;
  readonly #workers: number;
  #steps = FIRST_STEPS;
  #answer: unknown;

  constructor(workers: number) {
    this.#workers = workers;
    this.#own = new OwnPool({ workers, maxWaiting: MAX_WAITING });
  }

  /** Finds out how many steps take RUN_MS in a worker that nobody disturbs: by the shortest of some runs. */
  async open(): Promise<void> {
    await this.#own.warm(this.#workers);
    let shortestMs = Number.POSITIVE_INFINITY;
    for (let run = 0; run < CALIBRATION_RUNS; run++) {
      const { execution } = await this.#submit().done;
      shortestMs = Math.min(shortestMs, execution?.runMs ?? shortestMs);
    }
    this.#steps = Math.round((FIRST_STEPS * RUN_MS) / shortestMs);
    this.#answer = valueOf(await this.#submit().done);
  }

  /** Completed tasks a second, one figure each half second, and their run times. */
  async capacity(ms: number): Promise<{ rates: number[]; runTimes: number[] }> {
    await this.#closedLoop(Math.min(ms, WARM_UP_MS));
    const rates: number[] = [];
    const runTimes: number[] = [];
    for (let left = ms; left > 0; left -= WINDOW_MS) {
      const startedAt = performance.now();
      const times = await this.#closedLoop(Math.min(left, WINDOW_MS));
      rates.push((1_000 * times.length) / (performance.now() - startedAt));
      runTimes.push(...times);
    }
    return { rates, runTimes };
  }

  /** Resolves when all that was accepted has ended. */
  async openLoop(
    arrivals: readonly number[],
    deadlineMs: number,
  ): Promise<OpenLoopRun> {
    const records: Promise<LoadRecord>[] = [];
    const from = performance.now();
    const lags = await driveOpenLoop(arrivals, (dueAt) => {
      records.push(this.#record(dueAt, deadlineMs));
    });
    const period = { from, to: performance.now() };
    return { records: await Promise.all(records), lags, period };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#own[Symbol.asyncDispose]();
  }

  async #closedLoop(ms: number): Promise<number[]> {
    const runTimes: number[] = [];
    const startedAt = performance.now();
    const caller = async (): Promise<void> => {
      while (performance.now() - startedAt < ms) {
        const outcome = await this.#submit().done;
        if (valueOf(outcome) !== this.#answer)
          throw new Error("a task computed something else");
        runTimes.push(outcome.execution?.runMs ?? Number.NaN);
      }
    };
    await Promise.all(
      Array.from({ length: this.#workers * IN_FLIGHT_PER_WORKER }, caller),
    );
    return runTimes;
  }

  async #record(dueAt: number, deadlineMs: number): Promise<LoadRecord> {
    const submittedAt = performance.now();
    let run: PoolRun;
    try {
      run = this.#submit(deadlineMs);
    } catch (thrown) {
      if (!(thrown instanceof BalancerError)) throw thrown;
      return {
        status: "refused",
        dueAt,
        submittedAt,
        code: thrown.code,
        predictedMs: predictedWaitOf(thrown),
        retryAfterMs: thrown.retryAfterMs ?? null,
      };
    }
    const { result, execution } = await run.done;
    const endedAt = performance.now();
    const completed = result.status === "completed";
    if (completed && JSON.parse(result.valueJson) !== this.#answer)
      throw new Error("a task computed something else");
    return {
      status: "accepted",
      dueAt,
      submittedAt,
      startedAt: execution === null ? null : submittedAt + execution.waitMs,
      endedAt,
      completed,
    };
  }

  #submit(deadlineMs: number | null = null): PoolRun {
    return this.#own.submit(
      KIND,
      JSON.stringify({ seed: SEED, steps: this.#steps }),
      { deadlineMs },
    );
  }
}
