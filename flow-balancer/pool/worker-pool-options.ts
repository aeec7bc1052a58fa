/** What a pool of workers is given: its surroundings, its settings, and whom it works for. */

import type { PoolSettings } from "../core/pool-settings.ts";
import type { Env } from "../core/ports.ts";
import type { WorkerSettings } from "../worker/protocol.ts";
import type { StartWorker } from "../worker/worker-handle.ts";
import type { WorkerDeath } from "../worker/worker-process.ts";
import type { SessionStateSource } from "./held-state.ts";
import type { Machine } from "./machine.ts";
import type { TierControls } from "./tier-controls.ts";
import type { WorkerSlot } from "./worker-slot.ts";

export type PoolEvent =
  | { readonly type: "worker.started"; readonly worker: string }
  | {
      readonly type: "worker.exited";
      readonly worker: string;
      readonly death: WorkerDeath;
    }
  | { readonly type: "worker.start_failed"; readonly reason: string };

export interface WorkerPoolOptions {
  readonly env: Env;
  readonly settings: PoolSettings;
  readonly worker: WorkerSettings;
  /** The environment of worker processes, already reduced to what tasks may see. */
  readonly environment: Readonly<Record<string, string>>;
  /** For a person's log: starts, deaths, and what could not be started. */
  readonly onEvent?: (event: PoolEvent) => void;
  /** Default: the one this runs on. */
  readonly machine?: Machine;
  /** What is saved of sessions; left out: a session's memory lives and ends with its worker. */
  readonly sessionState?: SessionStateSource;
  /** False: workers go without status pages and lanes, as where there is no shared memory. */
  readonly sharedMemory?: boolean;
  /** What a worker is; default: a process, with a guardian over all of them. */
  readonly startProcess?: StartWorker;
  /** Calls `fn` after the present turn of the event loop; default: setImmediate. */
  readonly later?: (fn: () => void) => void;
  /** How long an idle worker that has the kind loaded is kept, ms; null or no function: `idleMs`. */
  readonly keepWarmMs?: (kind: string) => number | null;
  /** Which idle worker goes first when memory is short; default: the longest unused. Not called with none. */
  readonly evictFirst?: (idle: readonly WorkerSlot[]) => WorkerSlot;
  /** What a person did to the tiers; default: nothing. */
  readonly controls?: TierControls<WorkerSlot>;
  readonly client: {
    /** How many more workers would find work at once; may stop counting at `maxWorkers`. */
    demand(): number;
    /** It has no task any more, or got ready; without one: look again. */
    workerFree(slot?: WorkerSlot): void;
    workerGone(slot: WorkerSlot): void;
    /** A busy worker's tier may be another from now on. */
    tierChanged?(): void;
    /** Called once no worker is left and none can be started soon, so that waiting has no point. */
    cannotStart(reason: string): void;
    /** All that wait. */
    waiting(): number;
    /** What one of those who wait takes, ms; null: nobody knows. */
    taskMs(): number | null;
    /** Until a busy worker is free, ms; null: nobody knows. */
    freeInMs(slot: WorkerSlot): number | null;
  };
}
