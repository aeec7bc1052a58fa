/**
 * The jobs of one worker process, from message to result. Each job is answered exactly once,
 * after all it printed; a job that is not known is never spoken of.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { WireError } from "../core/errors.ts";
import type { MonoMs } from "../core/time.ts";
import { encodeResult } from "./encode-result.ts";
import type { RunRequest } from "./frames.ts";
import { eachOf } from "./kinds/each.ts";
import type { KindOutcome, LoadedKind } from "./kinds/loaded-kind.ts";
import { loadModule } from "./kinds/module.ts";
import { scriptKind } from "./kinds/script.ts";
import { shellKind } from "./kinds/shell.ts";
import { thrownError } from "./kinds/thrown-error.ts";
import {
  HEARTBEAT_MS,
  type FromWorker,
  type KindMessage,
  type KindSource,
  type WorkerOutcome,
  type WorkerSettings,
} from "./protocol.ts";
import { RunningJob, type JobSurroundings } from "./running-job.ts";
import type { ReportClock } from "./report-buffer.ts";
import type { StatusPageWriter } from "./status-page.ts";
import { SessionMemory } from "./session-memory.ts";
import { Surroundings } from "./surroundings.ts";

export interface Answers {
  send(message: FromWorker): void;
  /** The answer to a job: the last thing that is said of it. */
  result(job: number, outcome: WorkerOutcome, runMs: number): void;
}

interface Kind extends KindMessage {
  /** Null until it is asked for, and again after a failure: Bun keeps a failed import, but the file may be mended. */
  loading: Promise<LoadedKind> | null;
  loaded: LoadedKind | null;
  readonly hasEnv: boolean;
}

const CLOCK: ReportClock = {
  mono: () => performance.now() as MonoMs,
  timer(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};

export class JobRunner {
  readonly #answers: Answers;
  readonly #settings: WorkerSettings;
  readonly #page: StatusPageWriter | null;
  readonly #kinds: Kind[] = [];
  readonly #memory: SessionMemory;
  readonly #jobs = new Map<number, RunningJob>();
  readonly #surroundings = new Surroundings();
  readonly #jobSurroundings: JobSurroundings;
  /** Which of several jobs the code running now belongs to. */
  readonly #current = new AsyncLocalStorage<RunningJob>();

  constructor(
    settings: WorkerSettings,
    answers: Answers,
    page: StatusPageWriter | null,
  ) {
    this.#settings = settings;
    this.#page = page;
    this.#answers = answers;
    this.#memory = new SessionMemory(settings.maxResultBytes);
    this.#jobSurroundings = {
      maxOutputChars: settings.maxOutputBytes,
      clock: CLOCK,
      send: (message) => answers.send(message),
      stateOf: (session) => this.#memory.stateOf(session),
    };
    setInterval(() => {
      if (this.#jobs.size > 0) answers.send({ type: "turning" });
    }, HEARTBEAT_MS).unref();
  }

  /** For the job whose code runs now; where that cannot be told, every job's. */
  print(text: string): void {
    const current = this.#current.getStore();
    if (current !== undefined) current.print(text);
    else for (const job of this.#jobs.values()) job.print(text, "stray");
  }

  /** For a process that is about to end: what was printed is sent now or never. */
  flush(): void {
    for (const job of this.#jobs.values()) job.flush();
  }

  introduce(kind: KindMessage): void {
    this.#kinds[kind.index] = {
      ...kind,
      loading: null,
      loaded: null,
      hasEnv: Object.keys(kind.env).length > 0,
    };
  }

  /** What was saved of a session last: of the next job on. */
  restore(session: string, stateJson: string): void {
    this.#memory.restore(session, stateJson);
  }

  cancel(job: number): void {
    this.#jobs.get(job)?.cancel();
  }

  async describe(job: number, index: number): Promise<void> {
    try {
      const { description } = await this.#load(this.#kind(index));
      this.#answers.send({ type: "described", job, description, error: null });
    } catch (thrown) {
      const { error } = failure(thrown);
      this.#answers.send({ type: "described", job, description: null, error });
    }
  }

  run(request: RunRequest): void {
    this.#page?.accepted(request.job);
    const job = new RunningJob(
      request.job,
      performance.now(),
      this.#jobSurroundings,
    );
    this.#jobs.set(request.job, job);
    const kind = this.#kind(request.kind);
    if (kind.hasEnv) Object.assign(process.env, kind.env);
    if (kind.loaded !== null) this.#start(kind.loaded, request, job);
    else void this.#loadAndStart(kind, request, job);
  }

  async #loadAndStart(
    kind: Kind,
    request: RunRequest,
    job: RunningJob,
  ): Promise<void> {
    let loaded: LoadedKind;
    try {
      loaded = await this.#load(kind);
    } catch (thrown) {
      this.#finish(job, failure(thrown));
      return;
    }
    const now = performance.now();
    const loadMs = now - job.startedAt;
    this.#answers.send({ type: "loaded", job: job.number, loadMs });
    job.startedAt = now;
    this.#start(loaded, request, job);
  }

  #start(kind: LoadedKind, request: RunRequest, job: RunningJob): void {
    const finish = (outcome: KindOutcome): void =>
      this.#finish(job, this.#encode(outcome));
    const fail = (thrown: unknown): void => this.#finish(job, failure(thrown));
    let outcome: KindOutcome | Promise<KindOutcome>;
    this.#page?.started(request.job);
    try {
      outcome = this.#current.run(job, () =>
        kind.run(JSON.parse(request.inputJson), {
          task: job.context(request),
          settings: this.#settings,
          print: (text) => job.print(text),
        }),
      );
    } catch (thrown) {
      fail(thrown);
      return;
    }
    if (outcome instanceof Promise) outcome.then(finish, fail);
    else finish(outcome);
  }

  #finish(job: RunningJob, outcome: WorkerOutcome): void {
    const runMs = performance.now() - job.startedAt;
    this.#jobs.delete(job.number);
    const { lookedAt } = job;
    let lost: WireError | null = null;
    if (lookedAt === null) job.answered();
    else lost = this.#answeredWithState(job, lookedAt);
    this.#answers.result(
      job.number,
      // Done before it heard of it counts; what threw or came to nothing after that is the cancel's doing.
      job.isCancelled ? { status: "cancelled" } : withoutState(outcome, lost),
      runMs,
    );
    // In the same turn, so before the next task: who waits for the result need not wait for this.
    if (this.#jobs.size === 0) this.#surroundings.restore();
  }

  /** However it ended: what it changed is what the next task of the session finds here. */
  #answeredWithState(job: RunningJob, session: string): WireError | null {
    const { json, notes, lost } = this.#memory.changeOf(session);
    for (const note of notes) job.print(note);
    job.answered();
    if (json !== null)
      this.#answers.send({ type: "state", job: job.number, json });
    return lost ?? null;
  }

  #kind(index: number): Kind {
    const kind = this.#kinds[index];
    if (kind === undefined) throw new Error(`kind ${index} was not introduced`);
    return kind;
  }

  #load(kind: Kind): Promise<LoadedKind> {
    kind.loading ??= loadKind(kind.name, kind.source).then(
      (loaded) => (kind.loaded = loaded),
      (thrown: unknown) => {
        kind.loading = null;
        throw thrown;
      },
    );
    return kind.loading;
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
}

async function loadKind(kind: string, source: KindSource): Promise<LoadedKind> {
  switch (source.type) {
    case "shell":
      return shellKind;
    case "script":
      return scriptKind;
    case "module":
      return loadModule(kind, source.path);
    case "each":
      return eachOf(await loadKind(source.kind, source.of));
  }
}

const failure = (
  thrown: unknown,
): Extract<WorkerOutcome, { status: "failed" }> => ({
  status: "failed",
  error: thrownError(thrown),
  valueJson: null,
});

/** A task whose change of its session's state could not be kept has not completed; its value is. */
const withoutState = (
  outcome: WorkerOutcome,
  lost: WireError | null,
): WorkerOutcome =>
  lost === null || outcome.status !== "completed"
    ? outcome
    : { status: "failed", error: lost, valueJson: outcome.valueJson };
