/** Has the pool run a task that this process holds: through its gate if it has one, marked as running in the store, cancelled when asked. */

import { toWireError } from "./core/errors.ts";
import type { Gate } from "./core/gate.ts";
import type { Env } from "./core/ports.ts";
import type { Lease, TaskQueue } from "./core/queue.ts";
import { untilAborted } from "./core/until-aborted.ts";
import type { Hedging } from "./hedging.ts";
import { neverStarted, notRun, type LiveTask } from "./live-task.ts";
import { type LimitFor, poolRequest } from "./pool-request.ts";
import { RunObserver } from "./run-observer.ts";
import { StartNotes } from "./start-notes.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";
import type { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import type { PoolOutcome } from "./pool/pool-task.ts";
import type { StateKeeping } from "./state-keeping.ts";

interface TaskRunnerOptions {
  readonly env: Env;
  readonly queue: TaskQueue;
  readonly pool: MultiTierPoolManager;
  readonly kinds: KindRegistry;
  readonly states: StateKeeping;
  /** How long a run may take that nobody named a limit for; left out: as long as its kind says. */
  readonly limitFor?: LimitFor;
  /** Second runs of those that take long; left out: there are none. */
  readonly hedging?: Pick<Hedging, "run">;
}

export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #changed: (live: LiveTask) => void;
  readonly #notes: StartNotes;

  constructor(options: TaskRunnerOptions, changed: (live: LiveTask) => void) {
    this.#options = options;
    this.#changed = changed;
    this.#notes = new StartNotes(options.env, options.queue);
  }

  /** What the pool would not take comes back as its outcome, and is known when this returns. */
  run(live: LiveTask, gate: Gate | undefined): Promise<PoolOutcome> {
    return gate === undefined ? this.#inPool(live) : this.#inside(gate, live);
  }

  async #inside(gate: Gate, live: LiveTask): Promise<PoolOutcome> {
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

  /** For every task, so not an async function. */
  #inPool(live: LiveTask): Promise<PoolOutcome> {
    if (live.isCancelled)
      return Promise.resolve({ result: neverStarted(live), execution: null });
    const { env, kinds, pool, states, hedging } = this.#options;
    const { limitFor = null } = this.#options;
    try {
      const kind = kinds.get(live.record.kind);
      const task = poolRequest(live, kind, limitFor, env, this.#begins);
      const observer = new RunObserver(live, states, this.#started);
      const run =
        hedging === undefined
          ? pool.run(task, observer)
          : hedging.run(live, kind, task, observer);
      return live.runs(run).done;
    } catch (thrown) {
      live.isRefused = true;
      return Promise.resolve(notRun(toWireError(thrown)));
    }
  }

  readonly #begins = (lease: Lease): Promise<boolean> =>
    this.#options.queue.started(lease);

  readonly #started = (live: LiveTask): void => {
    live.started(this.#options.env.now());
    // What must not run twice was written before.
    if (!live.terms.runsOnce) this.#notes.add(live);
    this.#changed(live);
  };
}
