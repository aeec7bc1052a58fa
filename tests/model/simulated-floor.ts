/** All simulated workers of one pool, and the turns of the event loop they share with it. */

import type { PoolOptions } from "../../flow-balancer/pool/multi-tier-pool-manager.ts";
import type { StartWorker } from "../../flow-balancer/worker/worker-handle.ts";
import { SimulatedWorker, type WorkerScript } from "./simulated-worker.ts";
import { SteppedClock } from "./stepped-clock.ts";

/** More turns than this without an end: something goes round in a circle. */
const MAX_TURNS = 1_000;

export class SimulatedFloor {
  readonly clock = new SteppedClock();
  /** Those whose end the pool has not heard of. */
  readonly workers = new Set<SimulatedWorker>();
  started = 0;
  /** So many of the next starts throw. */
  refusedStarts = 0;
  readonly #script: WorkerScript;
  #later: (() => void)[] = [];

  constructor(script: WorkerScript) {
    this.#script = script;
  }

  readonly startProcess: StartWorker = (options) => {
    if (this.refusedStarts > 0) {
      this.refusedStarts--;
      throw new Error("no more processes");
    }
    const serial = ++this.started;
    const { clock } = this;
    const worker = new SimulatedWorker(serial, options, clock, this.#script);
    this.workers.add(worker);
    return worker;
  };

  /** What a pool needs to run here. */
  options(settings: PoolOptions["settings"]): PoolOptions {
    return {
      env: this.clock,
      settings,
      worker: {
        workDir: "/nowhere",
        roots: ["/nowhere"],
        maxResultBytes: 10_000,
        maxOutputBytes: 10_000,
        cancelGraceMs: settings.cancelGraceMs,
      },
      environment: {},
      machine: {
        cores: 2,
        memoryMb: 65_536,
        cpuPressure: async () => null,
        memoryOf: async () => null,
      },
      sharedMemory: false,
      startProcess: this.startProcess,
      later: (fn) => void this.#later.push(fn),
    };
  }

  /** Until nothing more happens without time. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      let moved = false;
      for (const worker of this.workers) {
        moved = worker.turn() || moved;
        if (worker.isGone) this.workers.delete(worker);
      }
      await promisesKept();
      const later = this.#later.splice(0);
      for (const fn of later) fn();
      if (!moved && later.length === 0) return;
    }
    throw new Error(`no end after ${MAX_TURNS} turns`);
  }

  async advance(ms: number): Promise<void> {
    const end = this.clock.mono() + ms;
    while (this.clock.step(end)) await this.settle();
  }
}

/** All promises that can be kept now are, with what hangs on them. */
const promisesKept = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));
