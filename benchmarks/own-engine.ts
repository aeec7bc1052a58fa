/**
 * Our dispatcher, store and pool as the server puts them together, without MCP and without other servers:
 * tasks are recorded, run by real workers and settled. How far it is observed is a switch: at `none`
 * nobody is told anything.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instanceId, type TaskId } from "../flow-balancer/core/ids.ts";
import type { TaskRecord } from "../flow-balancer/core/task.ts";
import { Dispatcher } from "../flow-balancer/dispatcher.ts";
import { bunEnv } from "../flow-balancer/env.ts";
import { KindRegistry } from "../flow-balancer/pool/kind-registry.ts";
import { SqliteQueue } from "../flow-balancer/queue/sqlite-queue.ts";
import {
  closeStore,
  type Durability,
  openStore,
} from "../flow-balancer/store/database.ts";
import { LocalWatch } from "../flow-balancer/watching/local-watch.ts";
import { MetricsDesk } from "../flow-balancer/watching/metrics-desk.ts";
import {
  EngineFacts,
  type EngineFactsParts,
} from "../flow-balancer/watching/metrics-facts.ts";
import {
  commitEvents,
  poolEvents,
} from "../flow-balancer/watching/metrics-sources.ts";
import { MANY_IN_FLIGHT, moduleKind, OwnPool } from "./own-pool.ts";

export interface OwnEngineOptions {
  readonly workers: number;
  /** Of the store; default: normal. */
  readonly durability?: Durability;
  /** A module in tasks/, beside the kinds that are built in. */
  readonly kind: string;
  /** `all`: also the read side of the dashboard, ready to be listened to. */
  readonly observed: "none" | "metrics" | "all";
}

const TIMEOUT_MS = 60_000;
const MIB = 1_048_576;
const MAX_OPEN = 10_000;

/** There is no other server, and nobody looks after any. */
const ALONE: ReturnType<EngineFactsParts["sharing"]["status"]> = {
  alive: [],
  lastBeat: {
    ageMs: 0,
    everyMs: 0,
    step: null,
    failing: [],
    steps: {} as never,
    toldMsAgo: null,
  },
};

export class OwnEngine implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "flow-balancer-store-"));
  readonly store;
  /** Null: nobody counts. */
  readonly metrics: MetricsDesk | null;
  /** Null: nobody can look. */
  readonly watch: LocalWatch | null;
  readonly #own: OwnPool;
  readonly #dispatcher: Dispatcher;

  private constructor(options: OwnEngineOptions) {
    const { workers, durability = "normal", observed } = options;
    const store = openStore(join(this.folder, "flow.db"), durability, bunEnv);
    const queue = new SqliteQueue(store, bunEnv);
    const kinds = kindsOf(options.kind);
    const metrics =
      observed === "none"
        ? null
        : new MetricsDesk({ env: bunEnv, kinds, facts: () => facts });
    const own = new OwnPool({
      workers,
      ...(metrics && { onEvent: poolEvents(metrics.sink) }),
    });
    if (metrics) store.commit.watch(commitEvents(metrics.sink));
    const { pool } = own;
    const parts = { env: bunEnv, store, queue, pool, deadlines: null };
    const facts = new EngineFacts({
      ...parts,
      home: this.folder,
      sharing: { status: () => ALONE },
    });
    const changes = new Set<(id: TaskId) => void>();
    const id = instanceId(bunEnv.unique());
    const dispatcher = new Dispatcher({
      ...parts,
      kinds,
      holder: id,
      maxOpen: MAX_OPEN,
      maxInputBytes: MIB,
      maxOutputChars: MIB,
      events: metrics?.sink,
      // Of sessions alone, and these tasks have none.
      states: {
        changed: () => {
          throw new Error("a task without a session left a state");
        },
        refused: async () => {},
      },
      refusal: () => null,
      onChanged: (ids) => {
        for (const task of ids) for (const changed of changes) changed(task);
      },
      isWatched: () => changes.size > 0,
      onReleased: () => {},
      onRoom: () => {},
    });
    this.store = store;
    this.metrics = metrics;
    this.watch =
      observed === "all"
        ? new LocalWatch({
            ...parts,
            id,
            kinds,
            config: {
              home: this.folder,
              instances: { heartbeatMs: 30_000, deadAfterMs: 60_000 },
              board: { capacity: 10, leaseMs: 60_000 },
            },
            engine: {
              get: (task) => dispatcher.get(task),
              output: (task) => dispatcher.output(task),
              kinds: () => kinds.list(),
              runsHere: (task) => dispatcher.held.get(task) !== undefined,
              onTaskChanged: (listener) => {
                changes.add(listener);
                return () => changes.delete(listener);
              },
            },
          })
        : null;
    this.watch?.start();
    this.#own = own;
    this.#dispatcher = dispatcher;
  }

  /** With all its workers idle. */
  static async open(options: OwnEngineOptions): Promise<OwnEngine> {
    const engine = new OwnEngine(options);
    await engine.#own.warm(options.workers);
    return engine;
  }

  async run(kind: string, input: object): Promise<TaskRecord> {
    const { done } = await this.#dispatcher.submit({
      kind,
      inputJson: JSON.stringify(input),
      session: null,
      timeoutMs: null,
      deadlineMs: null,
      priority: 0,
      idempotencyKey: null,
      after: [],
    });
    return done;
  }

  /** The value. Throws if it did not complete. */
  async value(kind: string, input: object): Promise<unknown> {
    const { result } = await this.run(kind, input);
    if (result?.status === "completed") return JSON.parse(result.valueJson);
    throw new Error(result?.error.message ?? "a task has no result");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.metrics?.stop();
    this.watch?.stop();
    await this.#dispatcher.close();
    await this.#own[Symbol.asyncDispose]();
    await closeStore(this.store);
    rmSync(this.folder, { recursive: true });
  }
}

function kindsOf(name: string): KindRegistry {
  const { source, ...kind } = moduleKind(name, MANY_IN_FLIGHT);
  if (source.type !== "module") throw new Error(`${name} is no module`);
  return new KindRegistry(
    [
      {
        ...kind,
        path: source.path,
        description: null,
        timeoutMs: null,
        capabilities: [],
      },
    ],
    TIMEOUT_MS,
  );
}
