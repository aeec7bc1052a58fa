/**
 * What the pool does with a worker process once it is started: the seam at which other workers
 * than real processes can be put under it, as those of a simulation.
 */

import type { WorkerId } from "../core/ids.ts";
import type { RunRequest } from "./frames.ts";
import type { ToWorker } from "./protocol.ts";
import type { WorkerOptions } from "./worker-process.ts";

export interface WorkerHandle {
  readonly id: WorkerId;
  readonly pid: number;
  /** Queued, not delivered. False if the channel is closed. */
  send(message: ToWorker): boolean;
  /** Short ones of one turn of the event loop go together, before any later message. */
  run(request: RunRequest): void;
  /** Asks the whole process group to go. */
  terminate(): void;
  /** Ends it at once with all it started; `onExit` follows. */
  kill(): void;
  /** Memory of the process itself, MiB; 0: cannot be told. */
  residentMb(): number;
}

/** Throws if no process can be started. */
export type StartWorker = (options: WorkerOptions) => WorkerHandle;
