/**
 * The jobs of one worker process, from message to result. Each job is answered exactly once,
 * after all it printed; a job that is not known is never spoken of.
 */

import { BalancerError, toWireError, wireError } from "../core/errors.ts";
import type { TaskContext } from "./define-task.ts";
import { encodeResult } from "./encode-result.ts";
import { describe } from "./kinds/import-error.ts";
import type { KindOutcome, LoadedKind } from "./kinds/loaded-kind.ts";
import { loadModule } from "./kinds/module.ts";
import { scriptKind } from "./kinds/script.ts";
import { shellKind } from "./kinds/shell.ts";
import { PrintBuffer } from "./print-buffer.ts";
import {
  HEARTBEAT_MS,
  type FromWorker,
  type KindSource,
  type RunMessage,
  type WorkerOutcome,
  type WorkerSettings,
} from "./protocol.ts";
import { Surroundings } from "./surroundings.ts";

interface Job {
  readonly printed: PrintBuffer;
  cancelled: boolean;
  /** Made when the task asks for its signal: most never do. */
  abort: AbortController | undefined;
}

function signalOf(job: Job): AbortSignal {
  job.abort ??= new AbortController();
  if (job.cancelled) job.abort.abort(CANCELLED);
  return job.abort.signal;
}

const CANCELLED = new DOMException("The task was cancelled", "AbortError");

export class JobRunner {
  readonly #send: (message: FromWorker) => void;
  readonly #settings: WorkerSettings;
  readonly #kinds = new Map<string, Promise<LoadedKind>>();
  readonly #sessions = new Map<string, Map<string, unknown>>();
  readonly #jobs = new Map<number, Job>();
  readonly #surroundings = new Surroundings();

  constructor(settings: WorkerSettings, send: (message: FromWorker) => void) {
    this.#settings = settings;
    this.#send = send;
    // One for all jobs: a timer a job costs more than most jobs do.
    setInterval(() => {
      for (const job of this.#jobs.keys()) send({ type: "heartbeat", job });
    }, HEARTBEAT_MS).unref();
  }

  /** The job that code running now prints for; with one job at a time there is no doubt. */
  print(text: string): void {
    for (const job of this.#jobs.values()) job.printed.print(text);
  }

  /** For a process that is about to end: what was printed is sent now or never. */
  flush(): void {
    for (const job of this.#jobs.values()) job.printed.flush();
  }

  cancel(job: number): void {
    const running = this.#jobs.get(job);
    if (running === undefined) return;
    running.cancelled = true;
    running.abort?.abort(CANCELLED);
  }

  async describe(job: number, kind: string, source: KindSource): Promise<void> {
    try {
      const { description } = await this.#load(kind, source);
      this.#send({ type: "described", job, description, error: null });
    } catch (thrown) {
      const error = failure(thrown).error;
      this.#send({ type: "described", job, description: null, error });
    }
  }

  async run(message: RunMessage): Promise<void> {
    const { job } = message;
    const printed = new PrintBuffer(
      this.#settings.maxOutputBytes,
      (text, bytes) => this.#send({ type: "output", job, text, bytes }),
    );
    const running: Job = { printed, cancelled: false, abort: undefined };
    this.#jobs.set(job, running);
    Object.assign(process.env, message.env);
    const clock = { startedAt: performance.now() };
    const outcome = await this.#outcome(message, running, clock);
    const runMs = performance.now() - clock.startedAt;
    this.#jobs.delete(job);
    printed.flush();
    this.#send({ type: "result", job, outcome, runMs });
    // In the same turn, so before the next task: who waits for the result need not wait for this.
    this.#surroundings.restore();
  }

  async #outcome(
    message: RunMessage,
    job: Job,
    clock: { startedAt: number },
  ): Promise<WorkerOutcome> {
    try {
      const kind = await this.#loadForRun(message, clock);
      const outcome = await kind.run(JSON.parse(message.inputJson), {
        task: this.#context(message, job),
        settings: this.#settings,
        print: (text) => this.#jobs.get(message.job)?.printed.print(text),
      });
      if (job.cancelled) return { status: "cancelled" };
      return this.#encode(outcome);
    } catch (thrown) {
      return job.cancelled ? { status: "cancelled" } : failure(thrown);
    }
  }

  async #loadForRun(
    message: RunMessage,
    clock: { startedAt: number },
  ): Promise<LoadedKind> {
    if (this.#kinds.has(message.kind))
      return this.#load(message.kind, message.source);
    const kind = await this.#load(message.kind, message.source);
    const now = performance.now();
    this.#send({
      type: "loaded",
      job: message.job,
      loadMs: now - clock.startedAt,
    });
    clock.startedAt = now;
    return kind;
  }

  #load(kind: string, source: KindSource): Promise<LoadedKind> {
    let loading = this.#kinds.get(kind);
    if (loading === undefined) {
      loading = loadKind(kind, source);
      this.#kinds.set(kind, loading);
      // A failed import may succeed once the file is mended, but Bun keeps the failure: a fresh process decides.
      loading.catch(() => this.#kinds.delete(kind));
    }
    return loading;
  }

  #encode(outcome: KindOutcome): WorkerOutcome {
    if (outcome.ok)
      return encodeResult(outcome.value, this.#settings.maxResultBytes);
    const kept =
      outcome.value === undefined
        ? null
        : encodeResult(outcome.value, this.#settings.maxResultBytes);
    return {
      status: "failed",
      error: outcome.error,
      valueJson: kept?.status === "completed" ? kept.valueJson : null,
    };
  }

  #context(message: RunMessage, running: Job): TaskContext {
    const { job } = message;
    const send = this.#send;
    return {
      taskId: message.taskId,
      attempt: message.attempt,
      get signal() {
        return signalOf(running);
      },
      session:
        message.session === null
          ? null
          : {
              id: message.session,
              state: this.#sessionState(message.session),
            },
      log: (text) => {
        this.#jobs.get(job)?.printed.print(`${text}\n`);
        send({ type: "log", job, message: String(text).slice(0, 4_096) });
      },
      progress: (done, total, text) => {
        if (Number.isFinite(done))
          send({
            type: "progress",
            job,
            done,
            total: Number.isFinite(total) ? (total as number) : null,
            message: text === undefined ? null : String(text),
          });
      },
      heartbeat: () => send({ type: "heartbeat", job }),
    };
  }

  #sessionState(session: string): Map<string, unknown> {
    let state = this.#sessions.get(session);
    if (state === undefined) {
      state = new Map();
      this.#sessions.set(session, state);
    }
    return state;
  }
}

function loadKind(kind: string, source: KindSource): Promise<LoadedKind> {
  switch (source.type) {
    case "shell":
      return Promise.resolve(shellKind);
    case "script":
      return Promise.resolve(scriptKind);
    case "module":
      return loadModule(kind, source.path);
  }
}

function failure(
  thrown: unknown,
): Extract<WorkerOutcome, { status: "failed" }> {
  const error =
    thrown instanceof BalancerError
      ? toWireError(thrown)
      : wireError("TASK_THREW", `the task threw: ${describe(thrown)}`);
  return { status: "failed", error, valueJson: null };
}
