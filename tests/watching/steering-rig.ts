/** A server's parts with a real store and real workers, steered; its tasks are commands that end once they may. */

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditEntryView } from "../../monitoring/api/shared-views.ts";
import { Consumer } from "../../flow-balancer/consumer.ts";
import {
  holderId,
  instanceId,
  type TaskId,
} from "../../flow-balancer/core/ids.ts";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import type { TaskRecord } from "../../flow-balancer/core/task.ts";
import { Dispatcher } from "../../flow-balancer/dispatcher.ts";
import { bunEnv } from "../../flow-balancer/env.ts";
import { KindRegistry } from "../../flow-balancer/pool/kind-registry.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { AuditLog } from "../../flow-balancer/store/audit-log.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { LocalSteering } from "../../flow-balancer/watching/local-steering.ts";
import { NO_STATES } from "../support/no-states.ts";
import { PoolUnderTest } from "../support/pool-under-test.ts";
import { request } from "../support/queue-under-test.ts";
import { until } from "../support/until.ts";

const env = bunEnv;

export class SteeringRig {
  readonly store = openStore(":memory:", "normal", env);
  readonly queue = new SqliteQueue(this.store, env);
  readonly dispatcher: Dispatcher;
  readonly steering: LocalSteering;
  readonly heard: AuditEntryView[] = [];
  readonly #pool: PoolUnderTest;
  readonly #consumer: Consumer;

  constructor(settings: ConstructorParameters<typeof PoolUnderTest>[0] = {}) {
    const it = new PoolUnderTest({ cancelGraceMs: 100, ...settings });
    const { queue } = this;
    const id = instanceId("rig");
    this.#pool = it;
    this.dispatcher = new Dispatcher({
      ...{ env, queue, pool: it.pool, holder: id },
      ...{ maxOpen: 100, maxInputBytes: 1_000, maxOutputChars: 1_000 },
      kinds: new KindRegistry([], 20_000),
      isWatched: () => false,
      onChanged: () => {},
      states: NO_STATES,
      refusal: () => null,
      onReleased: () => this.#consumer.nudge(),
      onRoom: () => this.#consumer.roomAgain(),
    });
    this.#consumer = new Consumer({
      ...{ env, queue, holder: id },
      kinds: () => ["shell"],
      room: () => 20,
      adopt: (claimed) => this.dispatcher.adopt(claimed),
      cancel: (task) => this.dispatcher.cancelLive(task),
      changedElsewhere: () => false,
      onChanged: () => {},
      onError: () => {},
    });
    this.steering = this.steeredBy("rig");
    this.steering.onAudit((entry) => this.heard.push(entry));
  }

  get pool() {
    return this.#pool.pool;
  }

  /** Another server of the home, or this one started anew, sees the same log. */
  steeredBy(instance: string): LocalSteering {
    const { store, queue, dispatcher } = this;
    return new LocalSteering({
      ...{ env, queue, engine: dispatcher, pool: this.pool },
      id: instanceId(instance),
      audit: new AuditLog(store, env),
      onQueued: () => this.#consumer.nudge(),
    });
  }

  /** Ends once `release` names it; `after`: once those have completed. */
  async submit(name: string, after: readonly TaskId[] = []): Promise<TaskId> {
    const script = `: >up.${name}; while [ ! -e ${name} ]; do sleep 0.01; done`;
    const argv = ["sh", "-c", script];
    const { task } = await this.dispatcher.submit(
      request({
        inputJson: JSON.stringify({ argv, cwd: this.#pool.folder }),
        after: after.map((id) => ({ id, on: "success" })),
      }),
    );
    return task.id;
  }

  /** An item of the board that an agent has. */
  async held(): Promise<TaskId> {
    const recorded = await this.queue.record(request({ kind: "board" }), {
      ...PLAIN_TERMS,
      queue: "board",
      holder: holderId("ada"),
    });
    return recorded.task.id;
  }

  /** It has done something that may not be done twice. */
  async begun(name: string): Promise<void> {
    const path = join(this.#pool.folder, `up.${name}`);
    await until(`${name} to begin`, () => existsSync(path));
  }

  release(name: string): void {
    writeFileSync(join(this.#pool.folder, name), "");
  }

  async state(id: TaskId): Promise<TaskRecord["state"] | undefined> {
    return (await this.dispatcher.get(id))?.state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.dispatcher.close();
    await this.#consumer.stop();
    await this.#pool.destroy();
    await closed;
    await closeStore(this.store);
  }
}
