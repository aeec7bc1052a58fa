/** A task that this process submitted or holds and that has not ended: its record as it is now, who listens, what it printed. */

import { BalancerError, wireError, type WireError } from "./core/errors.ts";
import type { TaskObserver } from "./core/engine.ts";
import type { TaskId } from "./core/ids.ts";
import { learningBucket } from "./core/learning-key.ts";
import type { Lease, Terms } from "./core/queue.ts";
import type { LimitBasis } from "./core/run-limit.ts";
import { quoted } from "./core/quoted.ts";
import type { EpochMs, MonoMs } from "./core/time.ts";
import type { TaskOutput, TaskRecord, TaskResult } from "./core/task.ts";
import type { TraceCarrier } from "./core/trace-context.ts";
import type { PoolOutcome, PoolRun } from "./pool/pool-task.ts";
import { PrintedText } from "./printed-text.ts";
import type { StateChange } from "./store/state-change.ts";

/** Whether somebody wanted the task's end, or its server went. */
type CancelCode = "CANCELLED" | "SHUTTING_DOWN";

export class LiveTask {
  readonly terms: Terms;
  readonly done: Promise<TaskRecord>;
  readonly resolve: (record: TaskRecord) => void;
  readonly #reject: (reason: unknown) => void;
  /** When it is to have ended; null: whenever. */
  dueBy: MonoMs | null = null;
  /** Which trace it belongs to, while it is in this process; null: none. */
  readonly trace: TraceCarrier | null;
  /** The pool would not take it, or it never came so far. */
  isRefused = false;
  /** It was found in the store, rather than submitted here. */
  isAdopted = false;
  /** What it left of its session's state, to be saved with its end; null: nothing new. */
  stateChange: StateChange | null = null;
  /** Only the call that waits for it knows of it. */
  isAwaited: boolean;
  /** Another process has it by now. */
  isLost = false;
  /** Made with the first: most tasks have none, and print nothing. */
  #observers: Set<TaskObserver> | null = null;
  #printed: PrintedText | null = null;
  #cancelCode: CancelCode | null = null;
  #signal: AbortController | undefined;
  #run: PoolRun | undefined;
  readonly #maxOutputChars: number;
  /** Null: it did not start, as far as is known. */
  #startedAt: EpochMs | null = null;
  /** How long it may run without a sign of life; null: it has not begun to. */
  limitMs: number | null = null;
  /** By whose word; null: as above. */
  limitBasis: LimitBasis | null = null;
  /** The pool is done with it. */
  #isOver = false;
  #record: TaskRecord;
  #bucket: string | null = null;
  #lease: Lease | null = null;

  /** Of what it prints, `maxOutputChars` are kept; a worker should send no more, but is not trusted to. */
  constructor(
    record: TaskRecord,
    terms: Terms,
    maxOutputChars: number,
    trace: TraceCarrier | null = null,
  ) {
    this.#record = record;
    this.trace = trace;
    this.#maxOutputChars = maxOutputChars;
    this.terms = terms;
    this.isAwaited = terms.awaited;
    const { promise, resolve, reject } = Promise.withResolvers<TaskRecord>();
    this.done = promise;
    this.resolve = resolve;
    this.#reject = reject;
  }

  reject(reason: unknown): void {
    // Whoever waits hears of it; a task nobody waits for must not end the process.
    this.done.catch(() => {});
    this.#reject(reason);
  }

  get id(): TaskId {
    return this.#record.id;
  }

  get record(): TaskRecord {
    // Made when somebody looks: a short task has ended before anybody does.
    if (this.#startedAt !== null && this.#record.state === "queued")
      this.#record = {
        ...this.#record,
        state: "running",
        startedAt: this.#startedAt,
      };
    return this.#record;
  }

  /** What of its kind runs alike with it; worked out once. */
  get bucket(): string {
    return (this.#bucket ??= bucketOf(this.#record));
  }

  /** Only of a task that is held. */
  get lease(): Lease {
    if (this.#lease === null)
      throw new Error(`${this.#record.id} is not held by this process`);
    return this.#lease;
  }

  get isHeld(): boolean {
    return this.#lease !== null;
  }

  /** From now on this process may run it. */
  holds(lease: Lease): void {
    this.#lease = lease;
    this.#isOver = false;
    if (this.#record.attempt !== lease.attempt)
      this.#record = { ...this.#record, attempt: lease.attempt };
  }

  /** It waits in the store for whoever claims it, which may be this process again. */
  givenBack(): void {
    this.#startedAt = null;
    this.#lease = null;
    this.#run = undefined;
    this.#signal = undefined;
    this.stateChange = null;
    this.isLost = false;
    this.isRefused = false;
    this.#record = { ...this.#record, state: "queued", startedAt: null };
  }

  /** Null as long as it is not to be cancelled. */
  get cancelCode(): CancelCode | null {
    return this.#cancelCode;
  }

  /** It is not to be run here, whoever wants that. */
  get isCancelled(): boolean {
    return this.#cancelCode !== null || this.isLost;
  }

  /** Fires once the task is to be cancelled; made for the few that wait for something else than a worker. */
  get cancelled(): AbortSignal {
    this.#signal ??= new AbortController();
    if (this.isCancelled) this.#signal.abort();
    return this.#signal.signal;
  }

  cancel(code: CancelCode = "CANCELLED"): void {
    this.#cancelCode = code;
    this.#end();
  }

  /** Another has it: its work here is to end, and its result counts for nothing. */
  lose(): void {
    this.isLost = true;
    this.#end();
  }

  /** From now on a cancel ends this run. */
  runs(run: PoolRun): PoolRun {
    this.#run = run;
    return run;
  }

  listen(observer: TaskObserver | undefined): void {
    if (observer !== undefined) (this.#observers ??= new Set()).add(observer);
  }

  started(startedAt: EpochMs): void {
    this.#startedAt = startedAt;
  }

  /** It was started under this very lease, and the pool is not done with it. */
  runsUnder(lease: Lease): boolean {
    return this.#lease === lease && this.#startedAt !== null && !this.#isOver;
  }

  /** The record as it will be once the result is on disk; until then nobody is shown it. */
  ended(outcome: PoolOutcome, settledAt: EpochMs): TaskRecord {
    const { result, execution } = outcome;
    this.#isOver = true;
    return {
      ...this.#record,
      state: result.status,
      startedAt: this.#startedAt ?? this.#record.startedAt,
      settledAt,
      execution,
      result,
    };
  }

  publish(record: TaskRecord): void {
    this.#record = record;
  }

  #end(): void {
    this.#signal?.abort();
    this.#run?.cancel();
  }

  progress(done: number, total: number | null, message: string | null): void {
    for (const observer of this.#observers ?? [])
      observer.progress?.(done, total, message);
  }

  log(message: string): void {
    for (const observer of this.#observers ?? []) observer.log?.(message);
  }

  /** `bytes` counts what it printed, `text` is what of it came. */
  printed(text: string, bytes: number): void {
    (this.#printed ??= this.newPrint()).add(text, bytes);
  }

  /** For what another run of it prints. */
  newPrint(): PrintedText {
    return new PrintedText(this.#maxOutputChars);
  }

  /** That run's result is the one that counts. */
  printedInstead(print: PrintedText): void {
    this.#printed = print;
  }

  /** Null as long as it printed nothing. */
  output(): TaskOutput | null {
    return this.#printed?.output() ?? null;
  }
}

function bucketOf(record: TaskRecord): string {
  try {
    return learningBucket(record.kind, record.inputJson);
  } catch {
    // Its input is damaged in the store, as its result will say.
    return "";
  }
}

/** For one that nobody runs here: it may have started elsewhere. */
export const CANCELLED = wireError(
  "CANCELLED",
  "the task was cancelled before it had ended",
);

const NEVER_STARTED = wireError(
  "CANCELLED",
  "the task was cancelled; it had not started",
);

/** For a task cancelled before it reached the pool. */
export const neverStarted = ({ cancelCode }: LiveTask): TaskResult =>
  cancelCode === "SHUTTING_DOWN"
    ? {
        status: "failed",
        error: wireError(
          "SHUTTING_DOWN",
          "the server shut down before the task could start",
        ),
        valueJson: null,
      }
    : {
        status: "cancelled",
        error: NEVER_STARTED,
        valueJson: null,
      };

/** For a task that the pool refused, or that nobody could ask it to run. */
export const notRun = (error: WireError): PoolOutcome => ({
  result: { status: "failed", error, valueJson: null },
  execution: null,
});

/** For one that has ended, however. */
export const cannotCancel = ({ state }: TaskRecord): BalancerError =>
  new BalancerError("ALREADY_FINISHED", `the task has ended already: ${state}`);

export const unknownTask = (id: TaskId): BalancerError =>
  new BalancerError("NOT_FOUND", `there is no task ${quoted(id)}`, {
    hint: "list_tasks shows those there are.",
  });
