/**
 * A home with what watches it: a real store in a file, a real queue and a real keeper with real locks,
 * under a clock that a test moves; the pool and the room on the disk are as the test says.
 */

import { join } from "node:path";
import type { BalancerError } from "../../flow-balancer/core/errors.ts";
import { instanceId, type InstanceId } from "../../flow-balancer/core/ids.ts";
import type {
  PoolStarts,
  PoolStatus,
} from "../../flow-balancer/core/pool-status.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import { InstanceKeeper } from "../../flow-balancer/instance-keeper.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { openStore, type Store } from "../../flow-balancer/store/database.ts";
import { InstanceLocks } from "../../flow-balancer/store/instance-locks.ts";
import { Instances } from "../../flow-balancer/store/instances.ts";
import type { HealthParts } from "../../flow-balancer/watching/health-desk.ts";
import type { HealthFacts } from "../../monitoring/health/health-facts.ts";
import { FakeEnv } from "./fake-env.ts";
import { GIB } from "./health-facts-given.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

/** A beat is due so often at most. */
export const INTERVAL_MS = 550;

export class WatchedHome<
  Clock extends Env = FakeEnv,
> implements AsyncDisposable {
  readonly env: Clock;
  readonly id: InstanceId;
  readonly store: Store;
  readonly queue: SqliteQueue;
  readonly instances: Instances;
  readonly keeper: InstanceKeeper;
  readonly parts: HealthParts & { readonly home: string };
  /** Throw, or hang, to let that part of the beat fail. */
  beforeSweep: () => void | Promise<void> = () => {};
  beforeRescue: () => void = () => {};
  beforeHold: () => void = () => {};
  /** The keeper's timers fire no more: its loop has been killed. */
  isStopped = false;
  readonly #dropped: (() => void)[] = [];
  status = { busy: 0, idle: 2, starting: 0, maxWorkers: 8, waiting: 0 };
  starts: PoolStarts = {
    ...{ failed: 0, reason: "", waitMs: 0 },
    closing: false,
  };
  refusal: BalancerError | null = null;
  room: HealthFacts["disk"] = {
    freeBytes: 50 * GIB,
    totalBytes: 100 * GIB,
    freeFiles: null,
  };
  trials = 0;
  beforeTrial: Promise<void> | null = null;
  readonly #folder = new TemporaryFolder();

  constructor(env: Clock, name = "one") {
    this.env = env;
    this.id = instanceId(name);
    const home = this.#folder.path;
    this.store = openStore(join(home, "flow.db"), "normal", env);
    this.queue = new SqliteQueue(this.store, env);
    this.instances = new Instances(this.store, env);
    this.keeper = this.#makeKeeper(home);
    this.parts = {
      env,
      home,
      store: this.store,
      rhythm: { heartbeatMs: 30_000, deadAfterMs: 60_000 },
      pool: {
        status: () => this.status as PoolStatus,
        starts: () => this.starts,
      },
      sharing: this.keeper,
      upkeep: { refusal: () => this.refusal },
      probeStart: async () => {
        this.trials++;
        await this.beforeTrial;
        return { type: "ready", startMs: 80 };
      },
      diskRoom: () => this.room,
    };
  }

  /** After it was stopped. */
  goOn(): void {
    this.isStopped = false;
    for (const fn of this.#dropped.splice(0)) fn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keeper.close();
    this.store.raw.close();
    this.#folder[Symbol.dispose]();
  }

  #makeKeeper(home: string): InstanceKeeper {
    const { env, queue } = this;
    const locks = new InstanceLocks(home);
    return new InstanceKeeper({
      env: {
        ...clockOf(env),
        timer: (ms, fn) =>
          env.timer(ms, () => {
            if (this.isStopped) this.#dropped.push(fn);
            else fn();
          }),
      },
      self: {
        id: this.id,
        pid: process.pid,
        pidStarted: "",
        transport: "stdio",
        projectRoot: home,
        version: "0",
        maxWorkers: 8,
      },
      instances: this.instances,
      locks: {
        hold: (id) => {
          this.beforeHold();
          locks.hold(id);
        },
        release: (id) => locks.release(id),
        remove: (id) => locks.remove(id),
        probe: (id) => locks.probe(id),
        ids: () => {
          this.beforeRescue();
          return locks.ids();
        },
      },
      rhythm: { heartbeatMs: 30_000, deadAfterMs: 60_000 },
      processState: () => "unknown",
      queue: {
        held: (holder) => queue.held(holder),
        reclaim: (holder, options) => queue.reclaim(holder, options),
        release: (lease) => queue.release(lease),
        sweep: async () => {
          await this.beforeSweep();
          return queue.sweep();
        },
      },
      pool: { resize: () => {}, demand: () => 0 },
      live: () => [],
      onLost: () => {},
      onWake: () => {},
      onDead: async () => {},
      onWork: () => {},
      onError: () => {},
    });
  }
}

const clockOf = (env: Env): Env => ({
  now: () => env.now(),
  mono: () => env.mono(),
  boot: () => env.boot(),
  bootId: env.bootId,
  timer: (ms, fn) => env.timer(ms, fn),
  unique: () => env.unique(),
});

/** Everything that needs no time comes to its end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++)
    await new Promise<void>((resolve) => void setImmediate(resolve));
}

/** Time passes in steps that are small beside a beat. */
export async function pass(env: FakeEnv, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 50) {
    await settle();
    env.advance(Math.min(50, left));
  }
  await settle();
}
