/**
 * The task queue with its real SQL, under simulated servers and clients on virtual time: everything that
 * happens follows from a seed. Between two seeds the store is emptied, since opening one takes longer
 * than a whole run.
 */

import type { TaskId } from "../../flow-balancer/core/ids.ts";
import {
  PLAIN_TERMS,
  type TaskQueue,
  type Terms,
} from "../../flow-balancer/core/queue.ts";
import { DEPENDENCY_ENDS } from "../../flow-balancer/core/task.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { openStore, type Store } from "../../flow-balancer/store/database.ts";
import { request } from "../support/queue-under-test.ts";
import { QueueChecks } from "./queue-checks.ts";
import { SimulatedInstance, type Machine } from "./queue-instance.ts";
import { instantCommit } from "./queue-instant-commit.ts";
import { World, WorldEnv } from "./queue-world.ts";

/** Puts another engine in the place of the real one. */
export type Spoil = (queue: TaskQueue, store: Store) => TaskQueue;

const INSTANCES = 3;
const FAULTS_UNTIL_MS = 120_000;
/** What is not over by then never will be: a pause lasts half of it. */
const GIVE_UP_MS = 24 * 3_600_000;
const TABLES = [
  "tasks",
  "dependencies",
  "attempts",
  "outcomes",
  "tallies",
  "task_outputs",
  "events",
];

export class QueueSimulation implements Machine {
  readonly world = new World();
  readonly checks: QueueChecks;
  readonly beats: Machine["beats"] = new Map();
  readonly faults = { crashes: 0, pauses: 0, jumps: 0 };
  /** All seeds together. */
  steps = 0;
  readonly #store: Store;
  readonly #instances: readonly SimulatedInstance[];
  readonly #empty: readonly { run(): unknown }[];
  #unsubmitted = 0;
  #haveAllEnded = false;
  readonly #known: TaskId[] = [];

  constructor(spoil: Spoil = (queue) => queue) {
    const { world } = this;
    this.#store = openStore(":memory:", "normal", new WorldEnv(world));
    const { raw } = this.#store;
    this.#empty = TABLES.map((table) => raw.prepare(`DELETE FROM ${table}`));
    this.checks = new QueueChecks(raw);
    this.#instances = Array.from({ length: INSTANCES }, (_, n) => {
      const env = new WorldEnv(world);
      const store = { ...this.#store, commit: instantCommit(raw) };
      const queue = spoil(new SqliteQueue(store, env), store);
      return new SimulatedInstance(
        this,
        queue,
        env,
        `i${n}`,
        n === INSTANCES - 1,
      );
    });
  }

  isBusy = (): boolean => this.#unsubmitted > 0 || !this.#haveAllEnded;
  mayFail = (): boolean => this.world.time < FAULTS_UNTIL_MS;

  /** Throws what does not hold. */
  async run(seed: number, trace: string[] | null = null): Promise<void> {
    for (const statement of this.#empty) statement.run();
    const { world } = this;
    world.begin(seed, trace);
    this.checks.begin();
    this.beats.clear();
    this.#known.length = 0;
    this.#haveAllEnded = false;
    for (const instance of this.#instances) instance.begin();
    this.#unsubmitted = 6 + world.chance.below(5);
    for (let n = this.#unsubmitted; n > 0; n -= 1) this.#planTask(`t${n}`);
    for (let n = 2 + world.chance.below(4); n > 0; n -= 1)
      world.in(world.chance.below(FAULTS_UNTIL_MS), "a fault", async () =>
        this.#fail(),
      );
    while (await world.step()) {
      this.#haveAllEnded = this.checks.look();
      if (world.time > GIVE_UP_MS && this.isBusy())
        throw new Error("some tasks never end");
    }
    this.steps += world.happened;
    if (this.isBusy())
      throw new Error("some tasks never end, and nothing is to come");
    this.checks.over(await this.#pick(this.#instances).counts());
  }

  close(): void {
    this.#store.raw.close();
  }

  #pick = <T>(of: readonly T[]): T => of[this.world.chance.below(of.length)]!;

  #fail(): void {
    const instance = this.#pick(this.#instances);
    const what = this.world.chance.below(5);
    if (what < 2) instance.crash();
    else if (what < 4) instance.pause();
    else instance.jump();
  }

  /** A client that asks until it is answered, always under the same key. */
  #planTask(key: string): void {
    const { chance } = this.world;
    const ask = { kind: "k", idempotencyKey: key, priority: chance.below(3) };
    const terms = this.#terms();
    const comesAfter = chance.below(3) === 0;
    const isHeld = chance.below(2) === 0;
    const on = this.#pick(DEPENDENCY_ENDS);
    let after:
      readonly { readonly id: TaskId; readonly on: typeof on }[] | null = null;
    const submit = async (): Promise<void> => {
      const instance = this.#pick(this.#instances);
      const again = () =>
        this.world.in(5_000, `client asks again for ${key}`, submit);
      if (!instance.canBeReached) return again();
      // The same every time it asks.
      after ??=
        comesAfter && this.#known.length > 0
          ? [{ id: this.#pick(this.#known), on }]
          : [];
      const task = await instance.submit(
        request({ ...ask, after }),
        terms,
        isHeld,
      );
      if (task === null) return again();
      this.checks.acknowledged(task.id);
      this.#known.push(task.id);
      this.#unsubmitted -= 1;
      this.#planSequel(task.id, terms);
    };
    this.world.in(chance.below(60_000), `client asks for ${key}`, submit);
  }

  /** Now and then a task is cancelled, or what failed is wanted again. */
  #planSequel(id: TaskId, { runsOnce }: Terms): void {
    const what = this.world.chance.below(10);
    if (what > 1 || (what === 1 && runsOnce)) return;
    this.world.in(
      this.world.chance.below(60_000),
      `${what === 0 ? "cancel" : "redrive"} ${id}`,
      async () => {
        const instance = this.#pick(this.#instances);
        // Once all is over, nobody looks after things any more.
        if (!instance.canBeReached || !this.isBusy()) return;
        if (what === 0) await instance.cancel(id);
        else if (await instance.redrive(id)) this.checks.redriven(id);
      },
    );
  }

  #terms(): Terms {
    const { chance } = this.world;
    return {
      ...PLAIN_TERMS,
      runsOnce: chance.below(4) === 0,
      maxAttempts: 1 + chance.below(3),
      backoffMs: chance.below(2) * 5_000,
      delayMs: chance.below(8) === 0 ? 20_000 : 0,
      awaited: chance.below(5) === 0,
      group: chance.below(5) === 0 ? { key: "g", limit: 1 } : null,
    };
  }
}
