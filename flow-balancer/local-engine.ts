/** The engine in this process: store, queue, pool and dispatcher behind the one port. */

import { quoted } from "./core/quoted.ts";
import { basename } from "node:path";
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
import type { Dispatcher } from "./dispatcher.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";
import type { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";

export interface EngineParts {
  readonly env: Env;
  readonly home: string;
  readonly queue: TaskQueue;
  readonly sessions: SessionStore;
  readonly pool: MultiTierPoolManager;
  readonly kinds: KindRegistry;
  readonly dispatcher: Dispatcher;
  readonly board: Board;
  /** The client's own name for its session, which outlives its connection; null if it has none. */
  readonly clientSession: string | null;
  /** This server's. */
  readonly id: InstanceId;
  readonly patienceMs: (client: string | null) => number;
  readonly effectiveConfig: () => JsonValue;
  /** Those that share the home. */
  readonly instances: () => readonly InstanceView[];
  readonly changes: Set<(id: TaskId) => void>;
}

/** Fewer runs than this say nothing of the next one. */
const MIN_RUNS_FOR_ETA = 5;
const RUNS_FOR_STATS = 1_000;

export class LocalEngine implements Engine {
  readonly board: Board;
  readonly #parts: EngineParts;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.board = parts.board;
  }

  async submit(
    request: TaskRequest,
    options?: SubmitOptions,
  ): Promise<Submission> {
    await this.#use(request.session);
    return this.#parts.dispatcher.submit(request, options);
  }

  async submitAll(
    tasks: readonly NamedRequest[],
    options?: Omit<SubmitOptions, "gate">,
  ): Promise<readonly Submission[]> {
    const sessions = new Set(tasks.map(({ request }) => request.session));
    for (const session of sessions) await this.#use(session);
    return this.#parts.dispatcher.submitAll(tasks, options);
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
      instances: this.#parts.instances(),
      tasks: await queue.counts(),
      home: basename(home),
    };
  }

  kinds(): readonly KindInfo[] {
    return this.#parts.kinds.list();
  }

  describeKind(kind: string): Promise<KindInfo> {
    const { kinds, pool, env } = this.#parts;
    return kinds.describe(kind, pool, taskId(env.unique()));
  }

  async expectedRunMs(kind: string): Promise<number | null> {
    const runs = await this.#parts.queue.runTimes(kind, RUNS_FOR_STATS);
    return runs.length < MIN_RUNS_FOR_ETA
      ? null
      : Math.round(summarise(runs).p50);
  }

  async timeoutStats(kind: string): Promise<TimeoutStats> {
    const { timeoutMs } = this.#parts.kinds.get(kind);
    const runs = await this.#parts.queue.runTimes(kind, RUNS_FOR_STATS);
    return { kind, runMs: summarise(runs), timeoutMs };
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

  patienceMs(client: string | null): number {
    return this.#parts.patienceMs(client);
  }

  effectiveConfig(): JsonValue {
    return this.#parts.effectiveConfig();
  }

  onTaskChanged(listener: (id: TaskId) => void): () => void {
    this.#parts.changes.add(listener);
    return () => this.#parts.changes.delete(listener);
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
