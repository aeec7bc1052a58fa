/** Plays commands on a pool of simulated workers, with the oracle looking after each. */

import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { SessionId, TaskId } from "../../flow-balancer/core/ids.ts";
import type { PoolSettings } from "../../flow-balancer/core/pool-settings.ts";
import { MultiTierPoolManager } from "../../flow-balancer/pool/multi-tier-pool-manager.ts";
import type { PoolTask } from "../../flow-balancer/pool/pool-task.ts";
import { kindOf, type Command, type PoolCommand } from "./pool-commands.ts";
import { askPermit } from "./ask-permit.ts";
import type { ModelTask } from "./model-task.ts";
import { PoolOracle } from "./pool-oracle.ts";
import { sayJunk } from "./say-junk.ts";
import { SimulatedFloor } from "./simulated-floor.ts";
import type { SimulatedRun, SimulatedWorker } from "./simulated-worker.ts";

export const SETTINGS: PoolSettings = {
  maxWorkers: 3,
  spareWorkers: 1,
  maxWaiting: 12,
  idleMs: 5_000,
  startTimeoutMs: 500,
  cancelGraceMs: 200,
  maxTasksPerWorker: 12,
};

/** Longest a pool may need to be done, when everything works again: the longest wait after crashes is 300 s. */
const RECOVERY_MS = 1_000_000;

export class PoolPlay {
  readonly floor: SimulatedFloor;
  readonly oracle: PoolOracle;
  readonly pool: MultiTierPoolManager;
  readonly #settings: PoolSettings;
  #answers = 0;
  #closing: { readonly graceMs: number; isDone: boolean } | null = null;

  constructor(settings: PoolSettings = SETTINGS) {
    this.#settings = settings;
    this.oracle = new PoolOracle(settings, () => this.floor);
    this.floor = new SimulatedFloor({
      spawnMs: 40,
      loadMs: 20,
      given: (worker, request) => this.oracle.given(worker, request),
      says: (worker, message) => this.oracle.account.says(worker, message),
      dies: (worker) => this.oracle.account.dies(worker),
      running: (worker, run) => this.#begin(worker, run),
      cancelled: (worker, run) => this.#obey(worker, run),
    });
    this.pool = new MultiTierPoolManager(this.floor.options(settings));
  }

  async play(commands: readonly PoolCommand[]): Promise<void> {
    for (const command of commands) await this.step(command);
    if (this.#closing === null) await this.recover();
    await this.close(100);
  }

  async step(command: PoolCommand): Promise<void> {
    this.floor.clock.disturbed();
    await this.#do(command);
    await this.check();
  }

  async check(): Promise<void> {
    await this.floor.settle();
    // What is due now is due.
    await this.floor.advance(0);
    this.oracle.check(this.pool.status());
  }

  /** Everything works from now on: then all that were admitted settle. */
  async recover(): Promise<void> {
    this.floor.refusedStarts = 0;
    for (const worker of this.floor.workers) worker.wake();
    const { clock } = this.floor;
    const end = clock.mono() + RECOVERY_MS;
    await this.check();
    while (this.oracle.account.open.length > 0) {
      if (clock.mono() > end)
        throw new Error(
          `${this.oracle.account.open[0]?.task.id} never settles`,
        );
      for (const [worker, run] of this.#running())
        worker.complete(run, this.#value(worker, run), runMsOf(run));
      await this.check();
      await this.floor.advance(this.#running().length > 0 ? 0 : 50);
      await this.check();
    }
  }

  /** All settle, nothing is left, and nothing comes back. */
  async close(graceMs: number): Promise<void> {
    const closing = this.#startClosing(graceMs);
    await this.check();
    // The ladder for what runs, then the grace of those that are idle and do not go.
    const { cancelGraceMs } = this.#settings;
    await this.floor.advance(closing.graceMs + 2 * cancelGraceMs + 10);
    await this.check();
    const { open } = this.oracle.account;
    if (!closing.isDone) throw new Error("it does not end");
    if (open.length > 0) throw new Error(`${open[0]?.task.id} is left`);
    if (this.floor.workers.size > 0) throw new Error("a worker is left");
    const { started } = this.floor;
    await this.floor.advance(60_000);
    if (this.floor.started !== started) throw new Error("a worker came back");
    for (const { settled, task } of this.oracle.account.tasks)
      if (settled !== 1) throw new Error(`${task.id} settled ${settled} times`);
  }

  async #do(command: PoolCommand): Promise<void> {
    switch (command.type) {
      case "run":
        return this.#run(command);
      case "finish":
        return this.#finish(command);
      case "cross":
        return this.#cross(command);
      case "cancel":
        return this.#cancel(picked(this.oracle.account.open, command.pick));
      case "junk":
        return this.#junk(command);
      case "crash":
        return this.#crash(command);
      case "hang": {
        const worker = picked([...this.floor.workers], command.pick);
        if (worker !== undefined) worker.hangs = true;
        return;
      }
      case "wake":
        return picked([...this.floor.workers], command.pick)?.wake();
      case "hold up": {
        const worker = picked([...this.floor.workers], command.pick);
        if (worker !== undefined) worker.isHeldUp = true;
        return;
      }
      case "grow": {
        const [worker] = picked(this.#running(), command.pick) ?? [];
        worker?.grow(command.mb);
        return;
      }
      case "advance":
        return this.floor.advance(command.ms);
      case "release":
        this.oracle.account.released(command.session);
        return this.pool.releaseSession(command.session as SessionId);
      case "refuse starts":
        this.floor.refusedStarts = command.count;
        if (command.count > 0) this.oracle.account.past.mishaps++;
        return;
      case "resize": {
        const { maxWorkers } = this.#settings;
        const workers = Math.min(maxWorkers, command.workers);
        this.oracle.resized(workers);
        return this.pool.resize(workers);
      }
      case "close":
        return void this.#startClosing(command.graceMs);
    }
  }

  #run(command: Command<"run">): void {
    const { permit } = command;
    const task: PoolTask = {
      id: `task_${this.oracle.account.tasks.length + 1}` as TaskId,
      kind: kindOf(command.kind),
      attempt: 1,
      inputJson: JSON.stringify("x".repeat(command.inputChars - 2)),
      session: command.session as SessionId | null,
      priority: command.priority,
      timeoutMs: command.timeoutMs,
      ...(command.isSoft && { maxTimeoutMs: 4 * command.timeoutMs }),
      deadlineMs: command.deadlineMs,
      ...(permit !== null && {
        mayStart: () => askPermit(it, permit, this.floor.clock),
      }),
    };
    const it: ModelTask = this.oracle.account.submitted(task, command);
    try {
      this.oracle.admitted(it, this.pool.run(task));
    } catch (thrown) {
      if (!(thrown instanceof BalancerError)) throw thrown;
      this.oracle.refused(it, thrown.code);
    }
  }

  #finish({ pick, how }: Command<"finish">): void {
    const [worker, run] = picked(this.#running(), pick) ?? [];
    if (worker === undefined || run === undefined) return;
    this.#answer(worker, run, how);
  }

  #answer(
    worker: SimulatedWorker,
    run: SimulatedRun,
    how: Command<"finish">["how"],
  ): void {
    const runMs = runMsOf(run);
    const valueJson = this.#value(worker, run);
    const completed = { status: "completed", valueJson } as const;
    if (how === "framed") worker.complete(run, valueJson, runMs);
    else if (how === "failed")
      worker.answer(
        run,
        {
          status: "failed",
          error: { code: "TASK_THREW", message: "no", retryable: false },
          valueJson: null,
        },
        runMs,
      );
    else if (how === "gave up")
      worker.answer(run, { status: "cancelled" }, runMs);
    else worker.answer(run, completed, runMs);
    if (how === "twice") {
      const again = { type: "result", job: run.job, runMs } as const;
      worker.say({ ...again, outcome: { ...completed, valueJson: '"again"' } });
    }
  }

  #cross({ pick }: Command<"cross">): void {
    const [worker, run] = picked(this.#running(), pick) ?? [];
    if (worker === undefined || run === undefined) return;
    this.#cancel(this.oracle.account.taskOf(worker, run.job));
    if (run.phase === "running") this.#answer(worker, run, "completed");
  }

  #cancel(it: ModelTask | undefined): void {
    if (it === undefined) return;
    it.cancelledAt ??= this.floor.clock.mono();
    it.run?.cancel();
  }

  #junk({ pick, what }: Command<"junk">): void {
    const ready = [...this.floor.workers].filter(({ isReady }) => isReady);
    const worker = picked(ready, pick);
    const [, run] = picked(this.#running(), pick) ?? [];
    if (worker !== undefined) sayJunk(worker, what, run?.job ?? 7);
  }

  #crash({ pick, with: which }: Command<"crash">): void {
    const workers = [...this.floor.workers].filter((worker) =>
      which === "any"
        ? true
        : which === "start"
          ? !worker.isReady
          : worker.runs.size > 0,
    );
    picked(workers, pick)?.die({ exitCode: 1, signal: null });
  }

  #startClosing(graceMs: number): { graceMs: number; isDone: boolean } {
    if (this.#closing !== null) return this.#closing;
    const closing = { graceMs, isDone: false };
    this.#closing = closing;
    this.oracle.account.past.closedAt = this.floor.clock.mono();
    void this.pool.close(graceMs).then(() => (closing.isDone = true));
    return closing;
  }

  #begin(worker: SimulatedWorker, run: SimulatedRun): void {
    const it = this.oracle.account.taskOf(worker, run.job);
    if (it?.binds === true) worker.say({ type: "bound", job: run.job });
    if (it?.kills !== true) return;
    const { memoryMb } = it.kind;
    if (memoryMb !== null) worker.grow(memoryMb + 1);
    else worker.die({ exitCode: 1, signal: null });
  }

  #obey(worker: SimulatedWorker, run: SimulatedRun): void {
    const it = this.oracle.account.taskOf(worker, run.job);
    if (it?.obeys === true && run.phase === "running")
      worker.answer(run, { status: "cancelled" }, 2);
  }

  /** What workers that are alive have begun. */
  #running(): [SimulatedWorker, SimulatedRun][] {
    return [...this.floor.workers]
      .filter(({ isDead }) => !isDead)
      .flatMap((worker) =>
        [...worker.runs.values()]
          .filter(({ phase }) => phase === "running")
          .map((run): [SimulatedWorker, SimulatedRun] => [worker, run]),
      );
  }

  #value(worker: SimulatedWorker, run: SimulatedRun): string {
    return JSON.stringify({
      task: run.taskId,
      on: worker.id,
      n: ++this.#answers,
    });
  }
}

/** What workers say: tasks that share a worker are short. */
const runMsOf = ({ kind }: SimulatedRun): number =>
  kindOf(kind).inFlight > 1 ? 0.2 : 3;

const picked = <T>(from: readonly T[], pick: number): T | undefined =>
  from[pick % Math.max(1, from.length)];
