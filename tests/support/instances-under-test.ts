/**
 * Instances on one store in memory, each under a clock of its own that can be held back while the
 * others' goes on: that is how a suspended process sees it. Locks and the queue are doubles.
 */

import {
  instanceId,
  taskId,
  type HolderId,
  type InstanceId,
} from "../../flow-balancer/core/ids.ts";
import type {
  LockState,
  ProcessState,
} from "../../flow-balancer/core/instance.ts";
import type { EngineEvent } from "../../flow-balancer/core/events.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import type {
  Lease,
  Reclaimed,
  Swept,
} from "../../flow-balancer/core/queue.ts";
import {
  InstanceKeeper,
  type KeeperParts,
} from "../../flow-balancer/instance-keeper.ts";
import { openStore } from "../../flow-balancer/store/database.ts";
import { Instances } from "../../flow-balancer/store/instances.ts";
import { events } from "../../flow-balancer/store/shared-schema.ts";
import { FakeEnv } from "./fake-env.ts";

/** Small beside the pause between two beats. */
const STEP_MS = 50;

export const lease = (name: string, fence = 1): Lease => ({
  id: taskId(name),
  attempt: 1,
  fence,
});

export class InstancesUnderTest {
  readonly env = new FakeEnv();
  readonly store = openStore(":memory:", "normal", this.env);
  readonly instances = new Instances(this.store, this.env);
  /** By instance; one that is not in it has no lock's file. */
  readonly locks = new Map<InstanceId, LockState>();
  process: ProcessState = "same";
  /** What each holds, as the queue sees it. */
  readonly held = new Map<HolderId, readonly Lease[]>();
  readonly reclaims: { by: string; from: HolderId; abandon: boolean }[] = [];
  /** Given back one by one. */
  readonly released: string[] = [];
  swept: Swept = { expired: 0, due: 0 };
  /** Throws to let it fail. */
  beforeReclaim: (from: HolderId) => void | Promise<void> = () => {};
  beforeHeld: () => void | Promise<void> = () => {};
  beforeSweep: () => void = () => {};

  start(name: string, maxWorkers = 8): Member {
    const member = new Member(this, name, maxWorkers);
    member.keeper.start();
    return member;
  }

  /** Time passes for all that are not suspended. A beat begins at most `stepMs` late. */
  async pass(ms: number, stepMs: number = STEP_MS): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.settle();
      this.env.advance(Math.min(stepMs, left));
    }
    await this.settle();
  }

  /** All that needs no time comes to its end. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++)
      await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Ids of those whose rows have not ended. */
  alive(): string[] {
    return this.instances
      .alive()
      .map(({ id }) => id)
      .toSorted();
  }

  noted(): string[] {
    return this.store.orm
      .select()
      .from(events)
      .orderBy(events.seq)
      .all()
      .map(({ type, holder }) => `${type} ${holder?.replace("instance_", "")}`);
  }

  async reclaim(
    by: string,
    from: HolderId,
    abandon: boolean,
  ): Promise<Reclaimed> {
    this.reclaims.push({ by, from, abandon });
    await this.beforeReclaim(from);
    const requeued = this.held.get(from)?.length ?? 0;
    this.held.delete(from);
    return { requeued, unknown: 0, poisoned: 0, abandoned: 0 };
  }
}

/** One of them. */
export class Member {
  readonly id: InstanceId;
  readonly keeper: InstanceKeeper;
  readonly sizes: number[] = [];
  readonly lost: string[][] = [];
  readonly wakes: number[] = [];
  /** Whose death it was told of. */
  readonly buried: string[] = [];
  readonly errors: string[] = [];
  /** What it told whoever watches. */
  readonly events: EngineEvent[] = [];
  live: readonly Lease[] = [];
  demand = 0;
  workCalls = 0;
  #world: InstancesUnderTest;
  #isAlive = true;
  /** What would have run meanwhile; null: it is not suspended. */
  #late: (() => void)[] | null = null;

  constructor(world: InstancesUnderTest, name: string, maxWorkers: number) {
    this.id = instanceId(name);
    this.#world = world;
    this.keeper = new InstanceKeeper(this.#parts(name, maxWorkers));
  }

  /** As by kill -9: nothing of it runs any more. */
  die(): void {
    this.#isAlive = false;
    if (this.#world.locks.has(this.id)) this.#world.locks.set(this.id, "free");
  }

  /** By another, who is wrong. */
  async callDead(): Promise<void> {
    await this.#world.instances.markDead(this.id, {
      cause: "silent",
      foundBy: instanceId("wrong"),
      work: { requeued: 0, unknown: 0, poisoned: 0, abandoned: 0 },
    });
  }

  suspend(): void {
    this.#late = [];
  }

  async wake(): Promise<void> {
    const late = this.#late ?? [];
    this.#late = null;
    for (const run of late) run();
    await this.#world.settle();
  }

  #env(): Env {
    const { env } = this.#world;
    return {
      ...env,
      bootId: env.bootId,
      timer: (ms, fn) =>
        env.timer(ms, () => {
          if (!this.#isAlive) return;
          if (this.#late === null) fn();
          else this.#late.push(fn);
        }),
    };
  }

  #parts(name: string, maxWorkers: number): KeeperParts {
    const world = this.#world;
    const { locks, instances } = world;
    return {
      env: this.#env(),
      self: {
        id: this.id,
        pid: 1,
        pidStarted: "1",
        transport: "stdio",
        projectRoot: "/p",
        version: "0",
        maxWorkers,
      },
      instances,
      locks: {
        hold: (id) => void locks.set(id, "held"),
        release: (id) => void locks.delete(id),
        remove: (id) => void locks.delete(id),
        probe: (id) => locks.get(id) ?? "absent",
        ids: () => [...locks.keys()],
      },
      rhythm: { heartbeatMs: 30_000, deadAfterMs: 60_000 },
      processState: () => world.process,
      queue: {
        held: async (holder) => {
          await world.beforeHeld();
          return world.held.get(holder) ?? [];
        },
        reclaim: (from, { abandon }) => world.reclaim(name, from, abandon),
        release: async ({ id }) => {
          world.released.push(id);
          return true;
        },
        sweep: async () => {
          world.beforeSweep();
          return world.swept;
        },
      },
      pool: {
        resize: (workers) => void this.sizes.push(workers),
        demand: () => this.demand,
      },
      live: () => this.live,
      onLost: (leases) => void this.lost.push(leases.map(({ id }) => id)),
      onWake: (ms) => void this.wakes.push(ms),
      onDead: async (dead) => void this.buried.push(dead),
      onWork: () => void this.workCalls++,
      events: (event) => void this.events.push(event),
      onError: (step, thrown) =>
        void this.errors.push(
          `${step}: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        ),
    };
  }
}
