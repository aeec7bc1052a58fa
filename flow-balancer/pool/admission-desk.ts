/** Gathers what admission has to know of the pool, and says its refusals. */

import { BalancerError } from "../core/errors.ts";
import type { PoolSettings } from "../core/pool-settings.ts";
import { admit } from "./admission.ts";
import type { Estimates, Expectation } from "./estimates.ts";
import type { Job } from "./job.ts";
import { predictWait, type ServerLoad } from "./predicted-wait.ts";
import type { WaitQueue } from "./wait-queue.ts";
import type { WorkerSlot } from "./worker-slot.ts";

export interface AdmissionDeskOptions {
  readonly settings: PoolSettings;
  readonly times: Estimates;
  readonly queue: WaitQueue<Job>;
  readonly workers: () => ReadonlySet<WorkerSlot>;
}

export class AdmissionDesk {
  readonly #options: AdmissionDeskOptions;

  constructor(options: AdmissionDeskOptions) {
    this.#options = options;
  }

  /** Within how many ms it has to start. Throws QUEUE_FULL or DEADLINE_UNREACHABLE. `waiting`: all of them. */
  admit(job: Job, waiting: number, now: number): number {
    const { queue, settings } = this.#options;
    const { kind, priority, session, deadlineMs = null } = job.task;
    const expected = this.#expect(kind.name);
    const verdict = admit({
      deadlineMs,
      expected,
      backlog: queue.backlog(priority, session, expected.runMs, now),
      load: this.load(now),
      demand: (withinMs) => queue.demand(priority, now + withinMs, now),
      ofKind:
        kind.concurrency === null
          ? null
          : {
              backlog: queue.kindBacklog(kind.name, priority),
              load: this.#loadOfKind(kind.name, kind.concurrency, now),
            },
      waiting,
      maxWaiting: settings.maxWaiting,
    });
    if (verdict.type === "refuse") throw refusal(verdict);
    job.predictedWaitMs = verdict.predictedWaitMs;
    return verdict.startWithinMs;
  }

  /** About the time until the next worker is free; 0 if nobody who waits has a deadline. */
  lookAheadMs(now: number): number {
    const { queue, times } = this.#options;
    if (queue.nextExpiryAt === Number.POSITIVE_INFINITY) return 0;
    const { freeInMs } = this.load(now);
    let sum = times.meanRunMs;
    for (const ms of freeInMs) sum += ms;
    return sum / freeInMs.length;
  }

  /** How long a job without a deadline will probably wait, ms. */
  predict(job: Job, now: number): number {
    const { queue } = this.#options;
    const { kind, priority, session } = job.task;
    const { runMs } = this.#expect(kind.name);
    const backlog = queue.backlog(priority, session, runMs, now);
    return predictWait(this.load(now), backlog).waitMs;
  }

  /** How long it will keep a worker busy, all in all. */
  #expect(kind: string): Expectation {
    const { times } = this.#options;
    const expected = times.expect(kind, "warm");
    const { overheadMs } = times;
    return {
      ...expected,
      runMs: expected.runMs + overheadMs,
      runLastMs: expected.runLastMs + overheadMs,
    };
  }

  /** Of every worker there is or may be. */
  load(now: number): ServerLoad {
    const { settings, times, workers } = this.#options;
    const freeInMs: number[] = [];
    for (const slot of workers()) {
      const { state } = slot;
      if (state === "idle") freeInMs.push(0);
      else if (state === "starting")
        freeInMs.push(Math.max(0, times.spawnMs - (now - slot.idleSince)));
      else if (state === "busy") freeInMs.push(this.#busyForMs(slot, now));
    }
    while (freeInMs.length < settings.maxWorkers) freeInMs.push(times.spawnMs);
    return { freeInMs, residualMs: times.residualMs };
  }

  #busyForMs(slot: WorkerSlot, now: number): number {
    const { times } = this.#options;
    return times.remainingMs(slot.kind ?? "", now - slot.busySince);
  }

  #loadOfKind(kind: string, limit: number, now: number): ServerLoad {
    const { times, workers } = this.#options;
    const freeInMs: number[] = [];
    for (const slot of workers())
      if (slot.kind === kind && freeInMs.length < limit)
        freeInMs.push(this.#busyForMs(slot, now));
    while (freeInMs.length < limit) freeInMs.push(0);
    return { freeInMs, residualMs: times.residualMs };
  }
}

function refusal({
  code,
  message,
  retryAfterMs,
}: Extract<ReturnType<typeof admit>, { type: "refuse" }>): BalancerError {
  if (retryAfterMs === null)
    return new BalancerError(code, message, {
      hint: "Give it a longer deadline_ms: this one is too short even for an empty pool.",
    });
  const also =
    code === "QUEUE_FULL"
      ? "wait for some of them, or raise pool.max_waiting"
      : "give it a longer deadline_ms";
  return new BalancerError(code, message, {
    hint: `Try again in about ${retryAfterMs} ms, or ${also}.`,
    retryAfterMs,
  });
}
