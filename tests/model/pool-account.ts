/** What the model knows of every task and worker, told by the simulated workers. */

import type { PoolKind, PoolTask } from "../../flow-balancer/pool/pool-task.ts";
import type { RunRequest } from "../../flow-balancer/worker/frames.ts";
import type { FromWorker } from "../../flow-balancer/worker/protocol.ts";
import type { ModelTask, PoolPast } from "./model-task.ts";
import type { SimulatedWorker } from "./simulated-worker.ts";

/** What one worker was used for. */
export interface WorkerPast {
  session: string | null;
  runs: number;
  kinds: Set<string>;
  bySerial: Map<number, ModelTask>;
}

export class PoolAccount {
  readonly past: PoolPast = { closedAt: null, mishaps: 0 };
  readonly tasks: ModelTask[] = [];
  #open: ModelTask[] = [];
  readonly #byId = new Map<string, ModelTask>();
  readonly #pasts = new Map<SimulatedWorker, WorkerPast>();
  /** Kinds that killed workers. */
  readonly #harmful = new Set<PoolKind>();
  readonly #released = new Set<SimulatedWorker>();
  /** Released because its session was. */
  readonly #letGo = new Set<SimulatedWorker>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Admitted and not settled, in the order they came. */
  get open(): readonly ModelTask[] {
    return this.#open;
  }

  submitted(
    task: PoolTask,
    more: Pick<ModelTask, "obeys" | "binds" | "kills" | "permit">,
  ): ModelTask {
    const it: ModelTask = {
      task,
      kind: task.kind,
      serial: this.tasks.length,
      at: this.#now(),
      obeys: more.obeys,
      binds: more.binds,
      kills: more.kills,
      permit: more.permit,
      asking: 0,
      isAllowed: false,
      wasDenied: false,
      waitingBefore: this.waiting - this.asking,
      run: null,
      worker: null,
      givenAt: 0,
      given: 0,
      wasHeld: this.#harmful.has(task.kind),
      runningSince: null,
      isAlive: false,
      deaths: 0,
      cancelledAt: null,
      values: [],
      failed: false,
      gaveUp: false,
      tooLarge: false,
      outcome: null,
      settledAt: 0,
      settled: 0,
    };
    this.tasks.push(it);
    this.#open.push(it);
    this.#byId.set(task.id, it);
    return it;
  }

  /** With those that have a worker and were not sent to it yet. */
  get waiting(): number {
    return this.#open.filter(({ worker }) => worker === null).length;
  }

  /** Who may be among those, or have lost that worker meanwhile. */
  get asking(): number {
    return this.#open.filter(isAsking).length;
  }

  taskOf(worker: SimulatedWorker, job: number): ModelTask | undefined {
    return this.#pasts.get(worker)?.bySerial.get(job);
  }

  pastOf(worker: SimulatedWorker): WorkerPast {
    let past = this.#pasts.get(worker);
    if (past === undefined) {
      past = { session: null, runs: 0, kinds: new Set(), bySerial: new Map() };
      this.#pasts.set(worker, past);
    }
    return past;
  }

  /** Null if nobody submitted it. */
  taskWithId(id: string): ModelTask | null {
    return this.#byId.get(id) ?? null;
  }

  /** What it has in hand. */
  on(worker: SimulatedWorker): ModelTask[] {
    return this.#open.filter((it) => it.worker === worker && it.settled === 0);
  }

  given(
    it: ModelTask,
    worker: SimulatedWorker,
    { job, session }: RunRequest,
  ): void {
    const past = this.pastOf(worker);
    if (it.kind.source.type === "script") past.session ??= session;
    past.runs++;
    past.kinds.add(it.kind.name);
    past.bySerial.set(job, it);
    it.worker = worker;
    it.given++;
    it.givenAt = this.#now();
    it.isAlive = false;
    it.runningSince = worker.loaded.has(it.kind.name) ? this.#now() : null;
  }

  says(worker: SimulatedWorker, message: FromWorker): void {
    const { type } = message;
    if (
      type !== "result" &&
      type !== "loaded" &&
      type !== "bound" &&
      type !== "heartbeat"
    )
      return;
    const it = this.taskOf(worker, message.job);
    if (it?.worker !== worker || it.settled > 0) {
      // Code of a task that has its result still runs there, or lies.
      if (type === "result") this.#released.add(worker);
      return;
    }
    if (type === "bound") {
      this.pastOf(worker).session ??= it.task.session;
      return;
    }
    if (type === "heartbeat") {
      it.isAlive = true;
      return;
    }
    if (type === "loaded") {
      // Said too late, of one that was killed.
      if (!worker.isKilled) it.runningSince ??= this.#now();
      return;
    }
    const { outcome } = message;
    if (outcome.status === "completed") it.values.push(outcome.valueJson);
    else if (outcome.status === "failed") it.failed = true;
    else it.gaveUp = true;
    it.worker = null;
    it.tooLarge ||= worker.heldMb > (it.kind.memoryMb ?? Infinity);
    this.pastOf(worker).bySerial.delete(message.job);
    // Of a script it is the very same script that has to show it.
    if (it.kind.source.type === "module") this.#harmful.delete(it.kind);
  }

  dies(worker: SimulatedWorker): void {
    this.past.mishaps++;
    for (const it of this.tasks) {
      if (it.worker !== worker) continue;
      it.worker = null;
      it.deaths++;
      it.tooLarge ||= worker.heldMb > (it.kind.memoryMb ?? Infinity);
      this.#harmful.add(it.kind);
      for (const other of this.#open)
        if (other.kind === it.kind) other.wasHeld = true;
    }
  }

  released(session: string): void {
    for (const [worker, past] of this.#pasts)
      if (past.session === session) {
        this.#released.add(worker);
        this.#letGo.add(worker);
      }
  }

  /** Its session has no claim on it any more. */
  isLetGo(worker: SimulatedWorker): boolean {
    return this.#letGo.has(worker);
  }

  /** It gets nothing new. */
  isReleased(worker: SimulatedWorker): boolean {
    return this.#released.has(worker);
  }

  /** Its tasks may be held back: one killed its worker, and none has shown yet that they need not. */
  isHarmful(kind: PoolKind): boolean {
    return this.#harmful.has(kind);
  }

  close(it: ModelTask): void {
    this.#open = this.#open.filter((other) => other !== it);
  }
}

/** It has a worker, or had one, and is not sent before it is answered and that was heard. */
export const isAsking = (it: ModelTask): boolean =>
  it.worker === null && (it.asking > 0 || it.isAllowed || it.wasDenied);
