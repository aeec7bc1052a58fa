/**
 * A server's part in the home it shares: its place among the others (`InstanceKeeper`) and its hand in
 * the work that waits there (`Consumer`).
 */

import packageJson from "../package.json" with { type: "json" };
import type { Config } from "./config.ts";
import { Consumer } from "./consumer.ts";
import type { InstanceView } from "./core/engine.ts";
import type { EventSink } from "./core/events.ts";
import type { InstanceId } from "./core/ids.ts";
import type { InstancesStatus, LastBeat } from "./core/instance.ts";
import type { Env } from "./core/ports.ts";
import type { TaskQueue } from "./core/queue.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { InstanceKeeper } from "./instance-keeper.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";
import type { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import type { Log } from "./server-log.ts";
import type { Store } from "./store/database.ts";
import { foreignChanges } from "./store/foreign-changes.ts";
import { InstanceLocks } from "./store/instance-locks.ts";
import { pidStarted, processState } from "./store/instance-process.ts";
import { Instances } from "./store/instances.ts";

export interface SharingParts {
  readonly id: InstanceId;
  readonly env: Env;
  readonly home: string;
  readonly store: Store;
  readonly queue: TaskQueue;
  readonly pool: MultiTierPoolManager;
  readonly kinds: KindRegistry;
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  readonly config: Config;
  readonly transport: string;
  /** A server has died, and its work is back in the queue. */
  readonly onDead: (dead: InstanceId) => Promise<void>;
  /** Hears of claims, of what was lost, and of servers that died; left out: nobody does. */
  readonly events?: EventSink | undefined;
}

/** So many tasks a worker are taken on: one that runs, and one that waits for it. */
const TASKS_PER_WORKER = 2;

/** However much was submitted here, one of others for each worker is taken on too: they would wait for ever where nobody is idle. What waits for a person (`stuck`) takes nobody's place. */
const roomFor = (
  { size, adopted }: { readonly size: number; readonly adopted: number },
  stuck: number,
  maxWorkers: number,
): number =>
  Math.max(
    TASKS_PER_WORKER * maxWorkers - (size - stuck),
    maxWorkers - Math.max(0, adopted - stuck),
  );

export class HomeSharing {
  readonly #keeper: InstanceKeeper;
  readonly #consumer: Consumer;

  constructor(parts: SharingParts) {
    this.#consumer = makeConsumer(parts);
    this.#keeper = makeKeeper(parts, () => this.#consumer.nudge());
  }

  /** Takes the lock by which others see that this process lives. Throws STORAGE_FAILED or STORAGE_BUSY. */
  start(): void {
    this.#keeper.start();
    this.#consumer.start();
  }

  /** No other server is there, as far as is known. */
  get isAlone(): boolean {
    return this.#keeper.status().alive.length <= 1;
  }

  instances(): InstanceView[] {
    const { self, alive } = this.#keeper.status();
    return alive.map((row) => ({ ...row, isSelf: row.id === self }));
  }

  /** The others as this one sees them, with a look at the store. */
  status(): InstancesStatus {
    return this.#keeper.status();
  }

  lastBeat(): LastBeat {
    return this.#keeper.lastBeat();
  }

  /** There may be something to claim. */
  nudge(): void {
    this.#consumer.nudge();
  }

  /** One task less is held here. */
  roomAgain(): void {
    this.#consumer.roomAgain();
  }

  /** Takes nothing more on. */
  quiet(): Promise<void> {
    return this.#consumer.stop();
  }

  /** After all its work has ended: what is left goes back, and the others see it go. */
  leave(): Promise<void> {
    return this.#keeper.close();
  }
}

function makeConsumer(parts: SharingParts): Consumer {
  const { env, queue, id, kinds, dispatcher, pool, log } = parts;
  return new Consumer({
    env,
    queue,
    holder: id,
    kinds: () => kinds.names(),
    // What a person has stopped here is left to others.
    room: () => {
      const { inSessions, inNone, stuck } = pool.tiers.open;
      return inSessions || inNone
        ? Math.min(
            roomFor(dispatcher.held, stuck, pool.maxWorkers),
            parts.config.pool.maxWaiting - pool.status().waiting,
          )
        : 0;
    },
    inSession: () => {
      const { inSessions, inNone } = pool.tiers.open;
      return inSessions === inNone ? null : inSessions;
    },
    adopt: (claimed) => dispatcher.adopt(claimed),
    cancel: (task) => dispatcher.cancelLive(task),
    changedElsewhere: foreignChanges(parts.store.raw),
    onChanged: () => dispatcher.lookElsewhere(),
    events: parts.events,
    onError: (thrown) =>
      log("warn", "store.claim_failed", { error: String(thrown) }),
  });
}

function makeKeeper(parts: SharingParts, onWork: () => void): InstanceKeeper {
  const { env, queue, store, home, dispatcher, pool, log } = parts;
  const { id, transport, config, events } = parts;
  return new InstanceKeeper({
    env,
    queue,
    rhythm: config.instances,
    processState,
    onWork,
    onDead: (dead) => {
      events?.({ type: "instance.died" });
      return parts.onDead(dead);
    },
    events,
    instances: new Instances(store, env),
    locks: new InstanceLocks(home),
    self: {
      id,
      pid: process.pid,
      pidStarted: pidStarted(process.pid),
      transport,
      projectRoot: config.projectRoot,
      version: packageJson.version,
      maxWorkers: config.pool.maxWorkers,
    },
    pool: {
      resize: (workers) => pool.resize(workers),
      demand: () => dispatcher.held.size,
    },
    live: () => dispatcher.held.leases(),
    onLost: (leases) => {
      events?.({ type: "lease.lost", n: leases.length });
      dispatcher.held.lose(leases);
    },
    onWake: (asleepMs) =>
      log("warn", "instance.woke", { asleep_ms: Math.round(asleepMs) }),
    onError: (step, thrown) =>
      log("warn", "instance.beat_failed", { step, error: String(thrown) }),
  });
}
