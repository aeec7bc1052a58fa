/**
 * What must hold of a pool whatever happens: it watches the simulated workers, keeps its own
 * account of every task, and compares after each step.
 */

import type { PoolSettings } from "../../flow-balancer/core/pool-settings.ts";
import type { PoolStatus } from "../../flow-balancer/core/pool-status.ts";
import type { PoolKind } from "../../flow-balancer/pool/pool-task.ts";
import type { RunRequest } from "../../flow-balancer/worker/frames.ts";
import {
  limitOf,
  ROUNDING_MS,
  wrongOutcome,
  type ModelTask,
} from "./model-task.ts";
import { isAsking, PoolAccount, type WorkerPast } from "./pool-account.ts";
import type { SimulatedFloor } from "./simulated-floor.ts";
import type { SimulatedWorker } from "./simulated-worker.ts";

const MAX_DEATHS = 3;
/** Memory is looked at twice as often. */
const MEMORY_MS = 500;

export class PoolOracle {
  readonly account = new PoolAccount(() => this.#now);
  #maxWorkers: number;
  /** While those above a lowered maximum leave. */
  #ceiling: number;
  readonly #settings: PoolSettings;
  readonly #floor: () => SimulatedFloor;
  #breach: string | null = null;

  constructor(settings: PoolSettings, floor: () => SimulatedFloor) {
    this.#settings = settings;
    this.#floor = floor;
    this.#maxWorkers = this.#ceiling = settings.maxWorkers;
  }

  admitted(it: ModelTask, run: NonNullable<ModelTask["run"]>): void {
    it.run = run;
    if (it.waitingBefore >= this.#settings.maxWaiting)
      this.#fail(`${it.task.id} is let in beside ${it.waitingBefore}`);
    void run.done.then((outcome) => {
      it.settled++;
      it.outcome = outcome;
      it.settledAt = this.#now;
      const wrong = wrongOutcome(it, this.account.past, {
        startTimeoutMs: this.#settings.startTimeoutMs,
        maxDeaths: MAX_DEATHS,
      });
      if (wrong !== null)
        this.#fail(`${it.task.id} is ${outcome.result.status}: ${wrong}`);
      this.account.close(it);
    });
  }

  refused(it: ModelTask, code: string): void {
    it.settled = 1;
    this.account.close(it);
    const { waiting } = this.account;
    const isFine =
      code === "SHUTTING_DOWN"
        ? this.account.past.closedAt !== null
        : code === "QUEUE_FULL"
          ? waiting >= this.#settings.maxWaiting
          : code === "DEADLINE_UNREACHABLE" &&
            (it.task.deadlineMs ?? null) !== null;
    if (!isFine) this.#fail(`${it.task.id} is refused: ${code}`);
  }

  given(worker: SimulatedWorker, request: RunRequest): void {
    const it = this.account.taskWithId(request.taskId);
    if (it === null) return this.#fail(`${request.taskId} is made up`);
    const past = this.account.pastOf(worker);
    this.#checkGiven(it, worker, past, request.session);
    this.account.given(it, worker, request);
  }

  #checkGiven(
    it: ModelTask,
    worker: SimulatedWorker,
    past: WorkerPast,
    session: string | null,
  ): void {
    const where = `${it.task.id} on ${worker.id}`;
    const beside = this.account.on(worker);
    const { kind } = it;
    if (it.settled > 0) this.#fail(`${where}: it is settled`);
    if (it.worker !== null) this.#fail(`${where}: also on ${it.worker.id}`);
    if (it.permit !== null && !it.isAllowed)
      this.#fail(`${where}: nobody said that it may start`);
    it.isAllowed = false;
    if (kind.effects === "once" && it.given > 0)
      this.#fail(`${where}: a second time`);
    if (!worker.isReady || worker.drainedAt !== null)
      this.#fail(`${where}: it is not ready, or told to go`);
    if (worker.isKilled) this.#fail(`${where}: it was killed`);
    if (this.account.isReleased(worker)) this.#fail(`${where}: it was to go`);
    const isSpent = past.runs >= this.#settings.maxTasksPerWorker;
    // One that is never idle goes on until its replacement is ready.
    if (isSpent && kind.inFlight === 1)
      this.#fail(`${where}: after ${past.runs} tasks`);
    if (past.runs > 0 && past.session !== null && past.session !== session)
      this.#fail(`${where}: of another session`);
    if (past.kinds.has("env") && kind.name !== "env")
      this.#fail(`${where}: it was shown the variables of another kind`);
    if (beside.length >= kind.inFlight)
      this.#fail(`${where}: beside ${beside.length} others`);
    for (const other of beside) {
      if (other.kind !== kind) this.#fail(`${where}: beside another kind`);
      if (other.task.session !== session)
        this.#fail(`${where}: beside another session`);
      if (other.deaths > 0 || it.deaths > 0)
        this.#fail(`${where}: one of them has to be alone`);
      if (other.cancelledAt !== null)
        this.#fail(`${where}: beside one that is being ended`);
    }
    this.#checkOrder(it, where);
  }

  #checkOrder(it: ModelTask, where: string): void {
    if (!isPlain(it)) return;
    for (const other of this.account.open) {
      if (other.serial >= it.serial) return;
      if (
        other.worker === null &&
        !isAsking(other) &&
        isPlain(other) &&
        other.kind === it.kind &&
        other.task.session === it.task.session &&
        other.task.priority === it.task.priority
      )
        this.#fail(`${where}: before ${other.task.id}, which came first`);
    }
  }

  resized(workers: number): void {
    this.#maxWorkers = workers;
    this.#ceiling = Math.max(this.#ceiling, workers);
  }

  /** After everything settled. Throws what is wrong. */
  check(status: PoolStatus): void {
    this.#checkCounts(status);
    for (const it of this.account.open) this.#checkClocks(it);
    this.#checkWorkers(status);
    if (this.account.past.closedAt === null)
      this.#checkNobodyIsForgotten(status);
    if (this.#breach !== null) throw new Error(this.#breach);
  }

  #checkCounts(status: PoolStatus): void {
    const { waiting, asking } = this.account;
    let notSent = 0;
    const byKind = new Map<PoolKind, number>();
    for (const { worker, kind } of this.account.open)
      if (worker !== null) byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
    for (const [kind, running] of byKind)
      if (running > (kind.concurrency ?? Infinity))
        this.#fail(`${running} of kind ${kind.name} run`);
    for (const { pid, tasksInFlight, id } of status.workers) {
      const worker = [...this.#floor().workers].find((one) => one.pid === pid);
      const running = worker === undefined ? 0 : this.account.on(worker).length;
      notSent += tasksInFlight - running;
      if (running > tasksInFlight || notSent > asking)
        this.#fail(`${id} has ${tasksInFlight} tasks, not ${running}`);
    }
    if (status.waiting + notSent !== waiting)
      this.#fail(`${status.waiting} wait, not ${waiting - notSent}`);
  }

  #checkClocks(it: ModelTask): void {
    const now = this.#now;
    const { cancelGraceMs, startTimeoutMs } = this.#settings;
    const { deadlineMs = null, id } = it.task;
    const past = (since: number | null, ms: number): boolean =>
      since !== null && now > since + ms + ROUNDING_MS;
    if (it.deaths >= MAX_DEATHS) this.#fail(`${id}: ${it.deaths} deaths`);
    if (it.worker === null) {
      if (it.cancelledAt !== null) this.#fail(`${id}: cancelled, and waits`);
      if (deadlineMs !== null && past(it.at, deadlineMs) && !isAsking(it))
        this.#fail(`${id} waits beyond its deadline`);
      return;
    }
    if (past(it.cancelledAt, cancelGraceMs))
      this.#fail(`${id} was cancelled at ${it.cancelledAt}, and runs`);
    if (past(it.runningSince, limitOf(it) + cancelGraceMs))
      this.#fail(`${id} runs since ${it.runningSince}`);
    const { memoryMb } = it.kind;
    const { heldMb, grewAt } = it.worker;
    const isTooLarge = memoryMb !== null && heldMb > memoryMb;
    if (isTooLarge && past(Math.max(grewAt, it.givenAt), MEMORY_MS))
      this.#fail(`${id}: ${heldMb} MiB since ${grewAt}`);
    const isEnding =
      it.cancelledAt !== null || this.account.past.closedAt !== null;
    const isLoading = it.runningSince === null && !isEnding;
    if (isLoading && past(it.givenAt, startTimeoutMs))
      this.#fail(`${id} loads since ${it.givenAt}`);
  }

  #checkWorkers(status: PoolStatus): void {
    const { workers } = this.#floor();
    const { maxTasksPerWorker, startTimeoutMs, cancelGraceMs } = this.#settings;
    const worn = [...workers].some(
      (worker) =>
        this.account.pastOf(worker).runs >= Math.floor(maxTasksPerWorker * 0.9),
    );
    if (status.idle > this.#maxWorkers + (worn ? 1 : 0))
      this.#fail(`${status.idle} idle workers`);
    if (workers.size > this.#ceiling + (worn ? 1 : 0))
      this.#fail(`${workers.size} workers`);
    this.#ceiling = Math.max(
      this.#maxWorkers,
      Math.min(this.#ceiling, workers.size),
    );
    for (const { id, isReady, bornAt, drainedAt } of workers) {
      if (!isReady && this.#now > bornAt + startTimeoutMs + ROUNDING_MS)
        this.#fail(`${id} starts since ${bornAt}`);
      if (
        drainedAt !== null &&
        this.#now > drainedAt + cancelGraceMs + ROUNDING_MS
      )
        this.#fail(`${id} is to go since ${drainedAt}`);
    }
  }

  /** An idle worker and somebody who waits for such a one. */
  #checkNobodyIsForgotten({ workers }: PoolStatus): void {
    const waiting = this.account.open.filter(
      (it) => it.worker === null && !isAsking(it),
    );
    for (const { state, pid, id } of workers) {
      const worker = [...this.#floor().workers].find((one) => one.pid === pid);
      if (state !== "idle" || worker === undefined) continue;
      const { kinds, session } = this.account.pastOf(worker);
      for (const it of waiting) {
        if (session !== null && session !== it.task.session) continue;
        if (kinds.has("env") && it.kind.name !== "env") continue;
        if (this.#isLimited(it) || this.account.isHarmful(it.kind)) continue;
        // It may be worth waiting for.
        const hasOwn = workers.some(
          (one) =>
            it.task.session !== null &&
            one.session === it.task.session &&
            one.state === "busy" &&
            !this.#isLetGo(one.pid),
        );
        if (!hasOwn) this.#fail(`${it.task.id} waits, and ${id} is idle`);
      }
    }
  }

  #isLetGo(pid: number): boolean {
    return [...this.#floor().workers].some(
      (worker) => worker.pid === pid && this.account.isLetGo(worker),
    );
  }

  #isLimited({ kind }: ModelTask): boolean {
    const running = this.account.open.filter(
      (it) => it.kind === kind && (it.worker !== null || isAsking(it)),
    ).length;
    return running >= (kind.concurrency ?? Infinity);
  }

  get #now(): number {
    return this.#floor().clock.mono();
  }

  /** The first is thrown by the next check: thrown here it would look like a defect of the pool's surroundings. */
  #fail(what: string): void {
    this.#breach ??= `at ${this.#now} ms: ${what}`;
  }
}

/** One whose place in the queue is by the order of coming alone. */
const isPlain = (it: ModelTask): boolean =>
  (it.task.deadlineMs ?? null) === null &&
  it.given === 0 &&
  !it.wasHeld &&
  it.cancelledAt === null;
