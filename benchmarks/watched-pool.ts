/** Our pool with real workers, whose life and death are noted as they happen, and whose processes can be told from all others. */

import type { MultiTierPoolManager } from "../flow-balancer/pool/multi-tier-pool-manager.ts";
import type { PoolKind, PoolRun } from "../flow-balancer/pool/pool-task.ts";
import type { PoolEvent } from "../flow-balancer/pool/worker-pool.ts";
import { livingWith, type MarkedProcess } from "./marked-processes.ts";
import { OwnPool, type TaskWishes } from "./own-pool.ts";

const MIB = 1_048_576;
const CANCEL_GRACE_MS = 200;

export interface WatchedPoolOptions {
  readonly maxWorkers: number;
  readonly spareWorkers: number;
  readonly maxTasksPerWorker?: number;
  readonly startTimeoutMs?: number;
  readonly maxResultBytes?: number;
  readonly sharedMemory?: boolean;
  readonly onEvent?: (event: PoolEvent) => void;
}

export class WatchedPool implements AsyncDisposable {
  readonly #own: OwnPool;

  constructor({ maxWorkers, ...options }: WatchedPoolOptions) {
    this.#own = new OwnPool({
      workers: maxWorkers,
      maxResultBytes: MIB,
      cancelGraceMs: CANCEL_GRACE_MS,
      ...options,
    });
  }

  /** The home of its workers: by it their processes are known. */
  get folder(): string {
    return this.#own.folder;
  }

  get pool(): MultiTierPoolManager {
    return this.#own.pool;
  }

  /** Ready for tasks, whether or not they have one. */
  get ready(): number {
    const { idle, busy } = this.pool.status();
    return idle + busy;
  }

  /** Resolves once `count` workers are idle; throws if they are not in time. */
  idle(count: number, withinMs?: number): Promise<void> {
    return this.#own.warm(count, withinMs);
  }

  /** Throws what the pool throws when it refuses. */
  submit(
    kind: PoolKind,
    input: unknown,
    wishes?: Omit<TaskWishes, "session">,
  ): PoolRun {
    return this.#own.submit(kind, JSON.stringify(input), wishes);
  }

  /** Processes that came of this pool and have no worker any more. */
  survivors(): MarkedProcess[] {
    const workers = new Set<string>(
      this.pool.status().workers.map(({ id }) => id),
    );
    return livingWith(`HOME=${this.folder}`).filter(
      ({ owner }) => owner === null || !workers.has(owner),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#own[Symbol.asyncDispose]();
  }
}

/** A built-in kind: its tasks differ by their input. */
export const builtInKind = (
  type: "script" | "shell",
  more: Partial<PoolKind> = {},
): PoolKind => ({
  name: type,
  source: { type },
  effects: "idempotent",
  concurrency: null,
  memoryMb: null,
  env: {},
  inFlight: 1,
  ...more,
});
