/** What watches a store in memory, under a clock that a test moves; the pool is as the test says. */

import { SqliteBoard } from "../../flow-balancer/board/sqlite-board.ts";
import {
  instanceId,
  type HolderId,
  type TaskId,
} from "../../flow-balancer/core/ids.ts";
import type { PoolStatus } from "../../flow-balancer/core/pool-status.ts";
import type { Lease, Terms } from "../../flow-balancer/core/queue.ts";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import type {
  TaskRequest,
  TerminalState,
} from "../../flow-balancer/core/task.ts";
import { KindRegistry } from "../../flow-balancer/pool/kind-registry.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { openStore } from "../../flow-balancer/store/database.ts";
import { LocalWatch } from "../../flow-balancer/watching/local-watch.ts";
import type { WatchParts } from "../../flow-balancer/watching/watch-parts.ts";
import { suggestWork } from "../../orchestrator/routing/suggest-work.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { request, resultOf } from "../support/queue-under-test.ts";
import { TemporaryFolder } from "../support/temporary-folder.ts";

const UNTRIED = { n: 0, medianLogRatio: NaN, withinTwice: NaN };

export const POOL: PoolStatus = {
  maxWorkers: 4,
  configuredWorkers: 4,
  waiting: 0,
  starting: 0,
  busy: 0,
  idle: 0,
  predictions: { waitMs: UNTRIED, startMs: UNTRIED, runMs: UNTRIED },
  keepWarm: [],
  tiers: { hot: 0, warm: 0, cold: 0 },
  workers: [],
};

export const worker = (
  more: Partial<PoolStatus["workers"][number]>,
): PoolStatus["workers"][number] => ({
  id: "w1" as never,
  pid: 1,
  tier: "warm",
  state: "busy",
  session: null,
  loaded: [],
  task: null,
  tasksInFlight: 1,
  tasksDone: 0,
  health: null,
  strayMessages: 0,
  heardMsAgo: 0,
  ...more,
});

export class WatchRig implements Disposable {
  readonly id = instanceId("here");
  readonly env = new FakeEnv();
  readonly store = openStore(":memory:", "normal", this.env);
  readonly queue = new SqliteQueue(this.store, this.env);
  readonly board: SqliteBoard;
  readonly parts: WatchParts;
  readonly watch: LocalWatch;
  status: PoolStatus = POOL;
  /** Those whose listeners the engine has. */
  readonly listeners = new Set<(id: TaskId) => void>();
  readonly #folder = new TemporaryFolder();

  constructor(
    ports: WatchParts["ports"] = {},
    kinds = new KindRegistry([], 60_000),
  ) {
    const { env, store, queue, id } = this;
    const home = this.#folder.path;
    const config = {
      home,
      instances: { heartbeatMs: 30_000, deadAfterMs: 60_000 },
      board: { capacity: 30, leaseMs: 600_000 },
    };
    this.board = new SqliteBoard({
      ...{ env, store, queue, home, root: home, capacity: 30 },
      suggest: suggestWork,
      checkCommand: async () => ({ ok: true, seen: "exit 0" }),
      leaseMs: 600_000,
      withdraw: null,
    });
    this.parts = {
      ...{ env, store, queue, id, config, kinds },
      engine: {
        get: (task) => queue.get(task),
        output: (task) => queue.output(task),
        kinds: () => kinds.list(),
        runsHere: () => false,
        onTaskChanged: (listener) => {
          this.listeners.add(listener);
          return () => this.listeners.delete(listener);
        },
      },
      pool: { status: () => this.status },
      deadlines: null,
      ports: { memoryOf: async () => new Map(), ...ports },
    };
    this.watch = new LocalWatch(this.parts);
  }

  async submit(
    more: Partial<TaskRequest> = {},
    terms: Partial<Terms> = {},
  ): Promise<{ readonly id: TaskId; readonly lease: Lease | null }> {
    const recorded = await this.queue.record(request(more), {
      ...PLAIN_TERMS,
      ...terms,
    });
    if (!recorded.isNew) throw new Error("it was there before");
    return { id: recorded.task.id, lease: recorded.lease };
  }

  /** One that was held from the start, and has ended with these clocks. */
  async ended(
    status: TerminalState = "completed",
    clocks: {
      readonly waitMs?: number;
      readonly startMs?: number;
      readonly runMs?: number;
    } = {},
    more: Partial<TaskRequest> = {},
  ): Promise<TaskId> {
    const { id, lease } = await this.submit(more, { holder: this.id });
    await this.settle(lease, status, clocks);
    return id;
  }

  async settle(
    lease: Lease | null,
    status: TerminalState,
    clocks: {
      readonly waitMs?: number;
      readonly startMs?: number;
      readonly runMs?: number;
    } = {},
  ): Promise<void> {
    if (lease === null) throw new Error("nobody holds it");
    await this.queue.settle(lease, {
      result: resultOf(status, 1),
      execution: {
        tier: "warm",
        worker: "w1" as never,
        ...{ waitMs: 1, startMs: 0, runMs: 10 },
        ...clocks,
      },
      startedAt: this.env.now(),
      output: null,
    });
  }

  [Symbol.dispose](): void {
    this.watch.stop();
    this.store.raw.close();
    this.#folder[Symbol.dispose]();
  }
}

export const holder = (name: string): HolderId => name as HolderId;
