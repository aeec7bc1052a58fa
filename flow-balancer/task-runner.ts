/** Has the pool run a task that this process holds: through its gate if it has one, marked as running in the store, cancelled when asked. */

import { toWireError } from "./core/errors.ts";
import type { Gate } from "./core/gate.ts";
import type { Env } from "./core/ports.ts";
import type { Lease, TaskQueue } from "./core/queue.ts";
import type { TaskRecord } from "./core/task.ts";
import { untilAborted } from "./core/until-aborted.ts";
import { neverStarted, notRun, type LiveTask } from "./live-task.ts";
import { poolRequest } from "./pool-request.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";
import type { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import type { PoolObserver, PoolOutcome } from "./pool/pool-task.ts";
import type { StateKeeping } from "./state-keeping.ts";

/** A task that ends sooner is written once instead of twice; other processes see it queued until then. */
const VISIBLE_AFTER_MS = 20;

interface TaskRunnerOptions {
  readonly env: Env;
  readonly queue: TaskQueue;
  readonly pool: MultiTierPoolManager;
  readonly kinds: KindRegistry;
  readonly states: StateKeeping;
}

export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #changed: (task: TaskRecord) => void;

  constructor(options: TaskRunnerOptions, changed: (task: TaskRecord) => void) {
    this.#options = options;
    this.#changed = changed;
  }

  /** What the pool would not take comes back as its outcome, and is known when this returns. */
  async run(live: LiveTask, gate: Gate | undefined): Promise<PoolOutcome> {
    if (gate === undefined) return this.#inPool(live);
    const entering = gate.enter();
    if ((await untilAborted(entering, live.cancelled)) !== true) {
      // Cancelled while it waited: if its turn comes all the same, it is the next one's.
      void entering.then((entered) => entered && gate.leave());
      return { result: neverStarted(live), execution: null };
    }
    let completed = false;
    try {
      const outcome = await this.#inPool(live);
      completed = outcome.result.status === "completed";
      return outcome;
    } finally {
      // Who stops at the first failure shuts the gate on hearing of it: until then nobody follows.
      const leave = (): unknown => setImmediate(() => gate.leave());
      if (completed) gate.leave();
      else void live.done.then(leave, leave);
    }
  }

  async #inPool(live: LiveTask): Promise<PoolOutcome> {
    if (live.isCancelled)
      return { result: neverStarted(live), execution: null };
    const { env, kinds, pool } = this.#options;
    try {
      const kind = kinds.get(live.record.kind);
      const task = poolRequest(live, kind, env.mono(), (lease) =>
        this.#begins(lease),
      );
      const observer = this.#observer(live);
      return await live.runs(pool.run(task, observer)).done;
    } catch (thrown) {
      live.isRefused = true;
      return notRun(toWireError(thrown));
    }
  }

  #observer(live: LiveTask): PoolObserver {
    const observer = live.observer(() => this.#started(live));
    const { session } = live.record;
    if (session === null) return observer;
    return {
      ...observer,
      stateChanged: (json, baseVersion) => {
        const { states } = this.#options;
        live.stateChange = states.changed(session, json, baseVersion);
        return !live.stateChange.isRefused;
      },
    };
  }

  #begins(lease: Lease): Promise<boolean> {
    return this.#options.queue.started(lease);
  }

  #started(live: LiveTask): void {
    const { env, queue } = this.#options;
    // What must not run twice was written before; of the others a refusal shows again at the settle, which is the one that counts.
    const stopTimer = live.terms.runsOnce
      ? () => {}
      : env.timer(VISIBLE_AFTER_MS, () => {
          queue.started(live.lease).catch(() => {});
        });
    this.#changed(live.started(env.now(), stopTimer));
  }
}
