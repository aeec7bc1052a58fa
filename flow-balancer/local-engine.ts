/** The engine in this process: store, queue, pool and dispatcher behind the one port. */

import { timeoutWords } from "../orchestrator/learning/timeout-words.ts";
import { quoted } from "./core/quoted.ts";
import { basename } from "node:path";
import { ClientPatience } from "./client-patience.ts";
import {
  connectionPrefix,
  IMPLICIT,
  implicitSession,
} from "./client-session.ts";
import type { Board } from "./core/board.ts";
import type {
  Engine,
  EngineStatus,
  InstanceView,
  NamedRequest,
  Submission,
  SubmitOptions,
  TimeoutStats,
} from "./core/engine.ts";
import { BalancerError } from "./core/errors.ts";
import type { Expert } from "./core/expert.ts";
import {
  taskId,
  type InstanceId,
  type SessionId,
  type TaskId,
} from "./core/ids.ts";
import type { JsonValue } from "./core/json.ts";
import type { Env } from "./core/ports.ts";
import type { ListFilter, ListPage, TaskQueue } from "./core/queue.ts";
import type { Session, SessionStore } from "./core/session.ts";
import { summarise } from "./core/stats.ts";
import type {
  KindInfo,
  TaskOutput,
  TaskRecord,
  TaskRequest,
} from "./core/task.ts";
import type { DeadlineDesk } from "./deadline-desk.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { EnsembleKeeping } from "./ensemble-keeping.ts";
import { GranularityKeeping } from "./granularity-keeping.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";
import type { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import type { RetryBudgets } from "./retry-budgets.ts";
import type { RoutedTask, RoutingDesk } from "./routing-desk.ts";
import { servedKindStats } from "./served-kind-stats.ts";
import type { Log } from "./server-log.ts";
import type { Store } from "./store/database.ts";

export interface EngineParts {
  readonly env: Env;
  readonly home: string;
  /** Those that the configuration names. */
  readonly experts: readonly Expert[];
  readonly log: Log;
  readonly store: Store;
  readonly queue: TaskQueue;
  readonly sessions: SessionStore;
  readonly pool: MultiTierPoolManager;
  readonly kinds: KindRegistry;
  readonly dispatcher: Dispatcher;
  readonly retries: RetryBudgets;
  readonly board: Board;
  /** The client's own name for its session, which outlives its connection; null if it has none. */
  readonly clientSession: string | null;
  /** This server's. */
  readonly id: InstanceId;
  /** What a client's name tells, or the settings. */
  readonly patienceMs: (client: string | null) => number;
  readonly effectiveConfig: () => JsonValue;
  /** Those that share the home. */
  readonly instances: () => readonly InstanceView[];
  readonly changes: Set<(id: TaskId) => void>;
  /** Null: limits are not learned. */
  readonly deadlines: DeadlineDesk | null;
  /** Null: no experts are configured. */
  readonly routing: RoutingDesk | null;
}

/** Fewer runs than this say nothing of the next one. */
const MIN_RUNS_FOR_ETA = 5;
const RUNS_FOR_STATS = 1_000;

export class LocalEngine implements Engine {
  readonly board: Board;
  readonly chunking: GranularityKeeping;
  readonly ensembles: EnsembleKeeping;
  readonly patience: ClientPatience;
  readonly #parts: EngineParts;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.board = parts.board;
    this.patience = new ClientPatience(parts);
    this.ensembles = new EnsembleKeeping(parts);
    this.chunking = new GranularityKeeping({
      ...parts,
      // A list goes to no expert: such items are routed one by one.
      listKind: (kind) =>
        parts.routing?.serves(kind) === true
          ? null
          : parts.kinds.listKind(kind),
    });
  }

  async submit(
    request: TaskRequest,
    options?: SubmitOptions,
  ): Promise<Submission> {
    await this.#use(request.session);
    const routed = this.#routed(request);
    const submission = await this.#parts.dispatcher.submit(
      routed?.request ?? request,
      options,
    );
    this.#note(submission, routed);
    return submission;
  }

  async submitAll(
    tasks: readonly NamedRequest[],
    options?: Omit<SubmitOptions, "gate">,
  ): Promise<readonly Submission[]> {
    const sessions = new Set(tasks.map(({ request }) => request.session));
    for (const session of sessions) await this.#use(session);
    const routed = tasks.map(({ request }) => this.#routed(request));
    const submissions = await this.#parts.dispatcher.submitAll(
      tasks.map((task, at) => ({
        ...task,
        request: routed[at]?.request ?? task.request,
      })),
      options,
    );
    for (const [at, submission] of submissions.entries())
      this.#note(submission, routed[at] ?? null);
    return submissions;
  }

  told(ids: readonly TaskId[]): Promise<void> {
    return this.#parts.dispatcher.told(ids);
  }

  cancel(id: TaskId): Promise<TaskRecord> {
    return this.#parts.dispatcher.cancel(id);
  }

  get(id: TaskId): Promise<TaskRecord | null> {
    return this.#parts.dispatcher.get(id);
  }

  settled(id: TaskId, signal: AbortSignal): Promise<TaskRecord> {
    return this.#parts.dispatcher.settled(id, signal);
  }

  runsHere(id: TaskId): boolean {
    return this.#parts.dispatcher.held.get(id) !== undefined;
  }

  output(id: TaskId): Promise<TaskOutput | null> {
    return this.#parts.dispatcher.output(id);
  }

  list(filter: ListFilter): Promise<ListPage> {
    return this.#parts.queue.list(filter);
  }

  async status(): Promise<EngineStatus> {
    const { pool, queue, home } = this.#parts;
    return {
      pool: pool.status(),
      retries: this.#parts.retries.status(),
      limits: this.#parts.deadlines?.kindLimits() ?? [],
      instances: this.#parts.instances(),
      tasks: await queue.counts(),
      home: basename(home),
    };
  }

  kinds(): readonly KindInfo[] {
    const own = this.#parts.kinds.list();
    return [...own, ...(this.#parts.routing?.kindsBeside(own) ?? [])];
  }

  describeKind(kind: string): Promise<KindInfo> {
    const { kinds, pool, env } = this.#parts;
    const expertsOnly = this.#expertsOnly(kind);
    if (expertsOnly !== null) return Promise.resolve(expertsOnly);
    return kinds.describe(kind, pool, taskId(env.unique()));
  }

  async expectedRunMs(kind: string): Promise<number | null> {
    const runs = await this.#parts.queue.runTimes(kind, RUNS_FOR_STATS);
    return runs.length < MIN_RUNS_FOR_ETA
      ? null
      : Math.round(summarise(runs).p50);
  }

  async timeoutStats(kind: string): Promise<TimeoutStats> {
    const { kinds, queue, deadlines } = this.#parts;
    const expertsOnly = this.#expertsOnly(kind);
    if (expertsOnly !== null) return servedKindStats(expertsOnly);
    const { timeoutMs, hasOwnTimeout } = kinds.get(kind);
    const runs = await queue.runTimes(kind, RUNS_FOR_STATS);
    const learned = (await deadlines?.statsOf(kind)) ?? null;
    return {
      kind,
      runMs: summarise(runs),
      timeoutMs: hasOwnTimeout
        ? timeoutMs
        : (deadlines?.limitFor(kind, "").softMs ?? timeoutMs),
      isConfigured: hasOwnTimeout,
      learned,
      said: learned === null ? [] : timeoutWords(learned),
    };
  }

  openSession(name: string | null): Promise<Session> {
    return this.#parts.sessions.open(name);
  }

  async closeSession(id: SessionId): Promise<Session> {
    const session = await this.#parts.sessions.close(id);
    if (session === null) throw unknownSession(id);
    this.#parts.pool.releaseSession(id);
    return session;
  }

  defaultSession(connection: string | null): SessionId | null {
    const { clientSession } = this.#parts;
    if (clientSession !== null) return implicitSession(clientSession);
    return connection === null
      ? null
      : (`${connectionPrefix(this.#parts.id)}${connection}` as SessionId);
  }

  effectiveConfig(): JsonValue {
    return this.#parts.effectiveConfig();
  }

  onTaskChanged(listener: (id: TaskId) => void): () => void {
    this.#parts.changes.add(listener);
    return () => this.#parts.changes.delete(listener);
  }

  /** Null: it is a kind of its own, or none. */
  #expertsOnly(kind: string): KindInfo | null {
    const { kinds, routing } = this.#parts;
    const served = routing?.kindsBeside(kinds.list()) ?? [];
    return served.find((info) => info.kind === kind) ?? null;
  }

  /** What was learned here and is not saved yet. Never rejects. */
  async saveLearned(): Promise<void> {
    const learning = [this.patience, this.ensembles, this.chunking];
    await Promise.all(learning.map((it) => it.save()));
  }

  /** Null: no expert serves its kind. */
  #routed(request: TaskRequest): RoutedTask | null {
    const { routing } = this.#parts;
    return routing?.serves(request.kind) === true
      ? routing.route(request)
      : null;
  }

  #note({ task, isNew }: Submission, routed: RoutedTask | null): void {
    if (isNew && routed !== null)
      void this.#parts.routing?.noted(task.id, routed);
  }

  async #use(session: SessionId | null): Promise<void> {
    if (session === null) return;
    if (!session.startsWith(IMPLICIT)) await this.#assertOpen(session);
    // That a session is used must not keep its task from being taken.
    void this.#parts.sessions.touch(session).catch(() => {});
  }

  async #assertOpen(id: SessionId): Promise<void> {
    const session = await this.#parts.sessions.get(id);
    if (session === null) throw unknownSession(id);
    if (session.closedAt !== null)
      throw new BalancerError(
        "SESSION_CLOSED",
        `session ${quoted(id)} is closed`,
        {
          hint: "open_session makes a new one.",
        },
      );
  }
}

const unknownSession = (id: string): BalancerError =>
  new BalancerError("NOT_FOUND", `there is no session ${quoted(id)}`, {
    hint: "open_session makes one; leave it out for the connection's own.",
  });
