/**
 * The one path of a task: admit, record, execute, settle. A task is on disk before it runs, and
 * its result is on disk before anybody hears of it. Whoever waits for a task (a call, a batch, a
 * poll) waits on the same promise.
 */

import { quoted } from "./core/quoted.ts";
import { BalancerError, toWireError } from "./core/errors.ts";
import type { Submission, SubmitOptions, TaskObserver } from "./core/engine.ts";
import type { Gate } from "./core/gate.ts";
import type { TaskId } from "./core/ids.ts";
import type { Env, TaskQueue } from "./core/ports.ts";
import type { MonoMs } from "./core/time.ts";
import {
  isTerminal,
  type TaskOutput,
  type TaskRecord,
  type TaskRequest,
  type TaskResult,
} from "./core/task.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";
import type { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import type { PoolOutcome } from "./pool/pool-task.ts";
import {
  cannotCancel,
  dependencyFailed,
  LiveTask,
  neverStarted,
  notRun,
} from "./live-task.ts";
import { poolRequest } from "./pool-request.ts";
import { storeResult } from "./store-result.ts";
import { untilAborted } from "./core/until-aborted.ts";

export interface DispatcherOptions {
  readonly env: Env;
  readonly queue: TaskQueue;
  readonly pool: MultiTierPoolManager;
  readonly kinds: KindRegistry;
  /** Tasks of this process that have not ended; one more is refused. */
  readonly maxOpen: number;
  readonly maxInputBytes: number;
  readonly maxOutputChars: number;
  /** After a change of state; never in the way of the task itself. */
  readonly onChanged: (task: TaskRecord) => void;
  /** False while nobody wants to hear of changes. */
  readonly isWatched: () => boolean;
}

/** A task that ends sooner is written once instead of twice; other processes see it queued until then. */
const VISIBLE_AFTER_MS = 20;

/** Tasks of other processes change only on disk: they are looked at this often, ms. */
const FOREIGN_POLL_MS = 250;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #live = new Map<TaskId, LiveTask>();
  /** Those that wait for others. */
  readonly #blocked = new Set<LiveTask>();
  /** Fires when the dispatcher closes. */
  readonly #stop = new AbortController();
  #admitted = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  async submit(
    request: TaskRequest,
    options: SubmitOptions = {},
  ): Promise<Submission> {
    this.#admit(request);
    const submittedAt = this.#options.env.mono();
    this.#admitted++;
    try {
      for (const parent of request.after) await this.#known(parent);
      const recorded = await this.#options.queue.record(request);
      if (!recorded.isNew) return this.#join(recorded.task, options.observer);
      const { task, lease } = recorded;
      const live = new LiveTask(task, lease, this.#options.maxOutputChars);
      if (request.deadlineMs !== null)
        live.dueBy = (submittedAt + request.deadlineMs) as MonoMs;
      return this.#begin(live, request, options);
    } finally {
      this.#admitted--;
    }
  }

  async cancel(id: TaskId): Promise<TaskRecord> {
    const live = this.#live.get(id);
    if (live !== undefined) {
      live.cancel();
      return live.done;
    }
    const task = await this.#known(id);
    if (task.state === "cancelled") return task;
    throw cannotCancel(task);
  }

  async get(id: TaskId): Promise<TaskRecord | null> {
    return this.#live.get(id)?.record ?? this.#options.queue.get(id);
  }

  async settled(id: TaskId, signal: AbortSignal): Promise<TaskRecord> {
    const live = this.#live.get(id);
    if (live !== undefined) {
      const ended = await untilAborted(live.done, signal);
      return ended ?? live.record;
    }
    for (;;) {
      const task = await this.#known(id);
      if (isTerminal(task.state) || signal.aborted) return task;
      await untilAborted(
        new Promise<void>((resolve) => {
          this.#options.env.timer(FOREIGN_POLL_MS, resolve);
        }),
        signal,
      );
    }
  }

  async output(id: TaskId): Promise<TaskOutput | null> {
    const live = this.#live.get(id);
    return live === undefined ? this.#options.queue.output(id) : live.output();
  }

  /** Refuses new tasks and cancels those that wait for others; the pool ends the rest. Resolves once all have ended. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const live of this.#blocked) live.cancel("SHUTTING_DOWN");
    await Promise.allSettled([...this.#live.values()].map(({ done }) => done));
  }

  #admit(request: TaskRequest): void {
    const { kinds, maxOpen, maxInputBytes } = this.#options;
    if (this.#stop.signal.aborted)
      throw new BalancerError("SHUTTING_DOWN", "the server is shutting down", {
        hint: "Submit again once it is back.",
      });
    kinds.get(request.kind);
    const bytes = Buffer.byteLength(request.inputJson);
    if (bytes > maxInputBytes)
      throw new BalancerError(
        "PAYLOAD_TOO_LARGE",
        `the input is ${bytes} bytes, the limit is ${maxInputBytes}`,
        { hint: "Pass the path of a file instead." },
      );
    const open = this.#live.size + this.#admitted;
    if (open >= maxOpen)
      throw new BalancerError(
        "QUEUE_FULL",
        `${open} tasks are waiting or running, the limit is ${maxOpen}`,
        { hint: "Wait for some of them, or raise pool.max_waiting." },
      );
  }

  /** A key seen before: the earlier task answers for this one. */
  #join(task: TaskRecord, observer: TaskObserver | undefined): Submission {
    const live = this.#live.get(task.id);
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
  }

  #begin(
    live: LiveTask,
    request: TaskRequest,
    { observer, gate }: SubmitOptions,
  ): Submission | Promise<Submission> {
    const { record: task, done } = live;
    live.listen(observer);
    this.#live.set(task.id, live);
    this.#changed(task);
    this.#execute(live, request, gate)
      .catch((thrown: unknown) => notRun(toWireError(thrown)))
      .then((outcome) => this.#settle(live, outcome))
      .then(live.resolve, live.reject)
      .finally(() => this.#live.delete(task.id));
    // What the pool would not take is known by now, and is the answer.
    return live.isRefused
      ? done.then((ended) => ({ task: ended, done, isNew: true }))
      : { task, done, isNew: true };
  }

  async #execute(
    live: LiveTask,
    request: TaskRequest,
    gate: Gate | undefined,
  ): Promise<PoolOutcome> {
    if (request.after.length > 0) {
      this.#blocked.add(live);
      const blocked = await this.#parentFailure(request.after, live).finally(
        () => this.#blocked.delete(live),
      );
      if (blocked !== null) return { result: blocked, execution: null };
    }
    if (gate === undefined) return this.#run(live, request);
    const entering = gate.enter();
    if ((await untilAborted(entering, live.cancelled)) !== true) {
      // Cancelled while it waited: if its turn comes all the same, it is the next one's.
      void entering.then((entered) => entered && gate.leave());
      return { result: neverStarted(live), execution: null };
    }
    let completed = false;
    try {
      const outcome = await this.#run(live, request);
      completed = outcome.result.status === "completed";
      return outcome;
    } finally {
      // Who stops at the first failure shuts the gate on hearing of it: until then nobody follows.
      const leave = (): unknown => setImmediate(() => gate.leave());
      if (completed) gate.leave();
      else void live.done.then(leave, leave);
    }
  }

  async #run(live: LiveTask, request: TaskRequest): Promise<PoolOutcome> {
    if (live.isCancelled)
      return { result: neverStarted(live), execution: null };
    const { env, kinds, pool } = this.#options;
    try {
      const kind = kinds.get(request.kind);
      const task = poolRequest(live, request, kind, env.mono());
      const observer = live.observer(() => this.#started(live));
      return await live.runs(pool.run(task, observer)).done;
    } catch (thrown) {
      live.isRefused = true;
      return notRun(toWireError(thrown));
    }
  }

  /** Waits for the tasks this one comes after; null once all completed. */
  async #parentFailure(
    parents: readonly TaskId[],
    live: LiveTask,
  ): Promise<TaskResult | null> {
    const ended = await Promise.all(
      parents.map((id) => this.settled(id, live.cancelled)),
    );
    if (live.isCancelled) return neverStarted(live);
    const failed = ended.find((task) => task.state !== "completed");
    return failed === undefined ? null : dependencyFailed(failed);
  }

  #started(live: LiveTask): void {
    const { env, queue, kinds } = this.#options;
    const write = (): void => {
      // A refusal shows again at the settle, which is the one that counts.
      queue.started(live.lease).catch(() => {});
    };
    const once = kinds.get(live.record.kind).pool.effects === "once";
    // What must not run twice is not to be found `queued` by whoever comes after a crash.
    if (once) write();
    const stopTimer = once ? () => {} : env.timer(VISIBLE_AFTER_MS, write);
    this.#changed(live.started(env.now(), stopTimer));
  }

  async #settle(live: LiveTask, outcome: PoolOutcome): Promise<TaskRecord> {
    const { queue, env } = this.#options;
    const record = live.ended(outcome, env.now());
    const settlement = {
      result: outcome.result,
      execution: outcome.execution,
      startedAt: record.startedAt,
      output: live.output(),
    };
    const accepted = await storeResult(live.lease, settlement, {
      queue,
      env,
      isClosing: () => this.#stop.signal.aborted,
    });
    // Another process took the task over: its result is the one.
    if (!accepted) return (await queue.get(live.lease.id)) ?? record;
    live.publish(record);
    this.#changed(record);
    return record;
  }

  #changed(task: TaskRecord): void {
    if (this.#options.isWatched())
      setImmediate(() => this.#options.onChanged(task));
  }

  async #known(id: TaskId): Promise<TaskRecord> {
    const task = await this.get(id);
    if (task === null)
      throw new BalancerError("NOT_FOUND", `there is no task ${quoted(id)}`, {
        hint: "list_tasks shows those there are.",
      });
    return task;
  }
}
