/**
 * The one path of a task: admit, record, execute, settle. It is on disk before it runs, and its result before
 * anybody hears of it. Whoever waits for it waits on the same promise; one found in the store takes the same path.
 */

import type {
  NamedRequest,
  Submission,
  SubmitOptions,
  TaskObserver,
} from "./core/engine.ts";
import { toWireError } from "./core/errors.ts";
import type { Gate } from "./core/gate.ts";
import type { TaskId } from "./core/ids.ts";
import type { Claimed, Lease, Settled } from "./core/queue.ts";
import {
  isTerminal,
  type TaskOutput,
  type TaskRecord,
  type TaskRequest,
} from "./core/task.ts";
import type { MonoMs } from "./core/time.ts";
import { untilAborted } from "./core/until-aborted.ts";
import type { DispatcherOptions } from "./dispatcher-options.ts";
import { Elsewhere } from "./elsewhere.ts";
import { ExpectedTasks } from "./expected-tasks.ts";
import { admitTask } from "./admit-task.ts";
import { ChangeNotes } from "./change-notes.ts";
import { concludeTask, type Ways } from "./conclude-task.ts";
import { HeldTasks } from "./held-tasks.ts";
import {
  CANCELLED,
  cannotCancel,
  LiveTask,
  notRun,
  unknownTask,
} from "./live-task.ts";
import { submitTogether } from "./submit-together.ts";
import { TaskRunner } from "./task-runner.ts";
import { termsFor } from "./task-terms.ts";

export class Dispatcher {
  readonly held = new HeldTasks();
  readonly #options: DispatcherOptions;
  readonly #expected: ExpectedTasks;
  readonly #elsewhere: Elsewhere;
  readonly #runner: TaskRunner;
  readonly #ways: Ways;
  readonly #changes: ChangeNotes;
  /** Fires when the dispatcher closes. */
  readonly #stop = new AbortController();
  #admitted = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#changes = new ChangeNotes(options.onChanged);
    this.#elsewhere = new Elsewhere(options.env, options.queue);
    this.#expected = new ExpectedTasks(this.#elsewhere, this.#ended);
    this.#runner = new TaskRunner(options, (live) => this.#changed(live));
    this.#ways = {
      ...options,
      isClosing: () => this.#stop.signal.aborted,
      settled: (live, record, settled) => this.#settled(live, record, settled),
      left: (live, isClosing) => this.#leave(live, isClosing),
      over: (live) => {
        this.held.remove(live);
        options.onRoom();
      },
    };
  }

  async submit(
    request: TaskRequest,
    options: SubmitOptions = {},
  ): Promise<Submission> {
    const { env, queue, kinds, holder, maxOutputChars } = this.#options;
    this.#admit(request);
    const { deadlineMs } = request;
    const dueBy =
      deadlineMs === null ? null : ((env.mono() + deadlineMs) as MonoMs);
    try {
      const kind = kinds.get(request.kind);
      const terms = termsFor(request, options.terms, kind, holder);
      const recorded = await queue.record(request, terms);
      if (!recorded.isNew) return this.#join(recorded.task, options.observer);
      const { task, lease } = recorded;
      this.#options.events?.({ type: "task.submitted", kind: task.kind });
      const live = new LiveTask(task, terms, maxOutputChars, request.trace);
      live.dueBy = dueBy;
      live.listen(options.observer);
      if (lease === null) return this.#expect(live);
      this.#changed(live);
      return this.#begin(live, lease, options.gate);
    } finally {
      this.#admitted--;
    }
  }

  /** As `Engine.submitAll`. */
  async submitAll(
    asked: readonly NamedRequest[],
    options: SubmitOptions = {},
  ): Promise<readonly Submission[]> {
    let admitted = 0;
    try {
      for (const { request } of asked) {
        this.#admit(request);
        admitted++;
      }
      return await submitTogether(asked, options, this.#options, {
        expect: this.#expect,
        join: this.#join,
      });
    } finally {
      this.#admitted -= admitted;
    }
  }

  /** Runs a task that was claimed from the store. */
  adopt({ task, lease, terms }: Claimed): void {
    const { env, maxOutputChars } = this.#options;
    const live =
      this.#expected.take(task.id) ?? new LiveTask(task, terms, maxOutputChars);
    live.isAdopted = true;
    if (task.deadlineMs !== null) {
      const leftMs = task.submittedAt + task.deadlineMs - env.now();
      live.dueBy = (env.mono() + leftMs) as MonoMs;
    }
    this.#begin(live, lease, undefined);
  }

  /** They are known now to others than the calls that waited for them. */
  async told(ids: readonly TaskId[]): Promise<void> {
    if (ids.length === 0) return;
    for (const id of ids) {
      const live = this.held.get(id) ?? this.#expected.get(id);
      if (live !== undefined) live.isAwaited = false;
    }
    await this.#options.queue.told(ids);
  }

  async cancel(id: TaskId): Promise<TaskRecord> {
    const live = this.held.get(id);
    if (live !== undefined) {
      live.cancel();
      return live.done;
    }
    const answer = await this.#options.queue.cancel(id, CANCELLED);
    if (answer === null) throw unknownTask(id);
    // Claimed here between the look and the answer.
    this.cancelLive(id);
    this.lookElsewhere();
    this.#options.onReleased();
    // An agent hears of it with its next heartbeat.
    const now = await this.#known(id);
    if (now.queue === "board" && answer === "asked") return now;
    // Another server is told, and says how it ended.
    const task = await this.settled(id, this.#stop.signal);
    if (answer === "ended" && task.state !== "cancelled")
      throw cannotCancel(task);
    return task;
  }

  /** Ends a task of ours, if it is; somebody else asked for it. */
  cancelLive(id: TaskId): void {
    this.held.get(id)?.cancel();
  }

  async get(id: TaskId): Promise<TaskRecord | null> {
    return this.held.get(id)?.record ?? this.#options.queue.get(id);
  }

  async settled(id: TaskId, signal: AbortSignal): Promise<TaskRecord> {
    const live = this.held.get(id) ?? this.#expected.get(id);
    if (live !== undefined) {
      return (await untilAborted(live.done, signal)) ?? live.record;
    }
    const { promise, resolve } = Promise.withResolvers<TaskRecord>();
    const giveUp = this.#elsewhere.watch(id, resolve);
    try {
      const task = await this.#known(id);
      if (isTerminal(task.state)) return task;
      return (await untilAborted(promise, signal)) ?? (await this.#known(id));
    } finally {
      giveUp();
    }
  }

  async output(id: TaskId): Promise<TaskOutput | null> {
    const live = this.held.get(id);
    return live === undefined ? this.#options.queue.output(id) : live.output();
  }

  /** Tasks of others may have ended. */
  lookElsewhere(): void {
    // Looked at again with the next change, and at intervals.
    void this.#elsewhere.look().catch(() => {});
  }

  /** Refuses new tasks; the pool ends those that run, and what may be run by others is left to them. Resolves once all have ended. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.held.ended();
    this.#expected.close();
    this.#elsewhere.close();
  }

  #admit(request: TaskRequest): void {
    const open = this.held.size + this.#expected.size + this.#admitted;
    admitTask(request, open, this.#stop.signal.aborted, this.#options);
    this.#admitted++;
  }

  readonly #expect = (live: LiveTask): Submission => {
    const task = live.record;
    this.#changed(live);
    this.#expected.add(live);
    if (isTerminal(task.state)) this.#elsewhere.ended(task);
    else this.#options.onReleased();
    return { task, done: live.done, isNew: true };
  };

  /** A key seen before: the earlier task answers for this one. */
  readonly #join = (
    task: TaskRecord,
    observer: TaskObserver | undefined,
  ): Submission => {
    const live = this.held.get(task.id) ?? this.#expected.get(task.id);
    if (live !== undefined) {
      live.listen(observer);
      return { task: live.record, done: live.done, isNew: false };
    }
    const done = isTerminal(task.state)
      ? Promise.resolve(task)
      : this.settled(task.id, this.#stop.signal);
    // Not everybody who submits waits.
    done.catch(() => {});
    return { task, done, isNew: false };
  };

  #begin(
    live: LiveTask,
    lease: Lease,
    gate: Gate | undefined,
  ): Submission | Promise<Submission> {
    const { done } = live;
    live.holds(lease);
    const task = live.record;
    this.held.add(live);
    void this.#runner.run(live, gate).then(
      (outcome) => concludeTask(live, outcome, this.#ways),
      (thrown: unknown) =>
        concludeTask(live, notRun(toWireError(thrown)), this.#ways),
    );
    // What the pool would not take is known by now, and is the answer.
    return live.isRefused
      ? done.then((ended) => ({ task: ended, done, isNew: true }))
      : { task, done, isNew: true };
  }

  #settled(live: LiveTask, record: TaskRecord, settled: Settled): void {
    this.#ended(live, record);
    if (live.isAdopted) this.#elsewhere.ended(record);
    // Of a group, the next one may run.
    if (settled.released.length > 0 || live.terms.group !== null)
      this.#options.onReleased();
    if (settled.ended.length > 0) this.lookElsewhere();
  }

  /** It is queued again, or another process has it. */
  #leave(live: LiveTask, isClosing: boolean): void {
    this.held.remove(live);
    live.givenBack();
    if (isClosing || this.#stop.signal.aborted) live.resolve(live.record);
    else {
      this.#expected.add(live);
      // Whoever has it by now is to hear what was wanted here.
      if (live.cancelCode !== null)
        void this.cancel(live.record.id).catch(() => {});
      this.lookElsewhere();
      if (live.terms.group !== null) this.#options.onReleased();
    }
  }

  readonly #ended = (live: LiveTask, task: TaskRecord): void => {
    live.publish(task);
    this.#changed(live);
    live.resolve(task);
  };

  #changed(live: LiveTask): void {
    if (this.#options.isWatched()) this.#changes.add(live.id);
  }

  async #known(id: TaskId): Promise<TaskRecord> {
    const task = await this.get(id);
    if (task === null) throw unknownTask(id);
    return task;
  }
}
