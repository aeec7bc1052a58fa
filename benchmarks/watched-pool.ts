/** Our pool with real workers, whose life and death are noted as they happen, and whose processes can be told from all others. */

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskId } from "../flow-balancer/core/ids.ts";
import { bunEnv } from "../flow-balancer/env.ts";
import { MultiTierPoolManager } from "../flow-balancer/pool/multi-tier-pool-manager.ts";
import type { PoolKind, PoolRun } from "../flow-balancer/pool/pool-task.ts";
import type { PoolEvent } from "../flow-balancer/pool/worker-pool.ts";
import { livingWith, type MarkedProcess } from "./marked-processes.ts";
import type { TaskWishes } from "./own-pool.ts";

const MIB = 1_048_576;
const START_MS = 10_000;
const POLL_MS = 2;
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
  readonly pool: MultiTierPoolManager;
  /** The home of its workers: by it their processes are known. */
  readonly folder = realpathSync(
    mkdtempSync(join(tmpdir(), "flow-balancer-faults-")),
  );
  #serial = 0;

  constructor({
    maxTasksPerWorker = Number.MAX_SAFE_INTEGER,
    startTimeoutMs = START_MS,
    maxResultBytes = MIB,
    sharedMemory = true,
    onEvent,
    ...settings
  }: WatchedPoolOptions) {
    this.pool = new MultiTierPoolManager({
      env: bunEnv,
      sharedMemory,
      settings: {
        ...settings,
        maxTasksPerWorker,
        startTimeoutMs,
        maxWaiting: 10_000,
        idleMs: 600_000,
        cancelGraceMs: CANCEL_GRACE_MS,
      },
      worker: {
        workDir: this.folder,
        roots: [this.folder],
        maxResultBytes,
        maxOutputBytes: MIB,
        cancelGraceMs: CANCEL_GRACE_MS,
      },
      environment: {
        PATH: process.env["PATH"] ?? "/usr/bin:/bin",
        HOME: this.folder,
      },
      ...(onEvent === undefined ? {} : { onEvent }),
    });
  }

  /** Ready for tasks, whether or not they have one. */
  get ready(): number {
    const { idle, busy } = this.pool.status();
    return idle + busy;
  }

  /** Resolves once `count` workers are idle; throws if they are not there in time. */
  async idle(count: number, withinMs = START_MS): Promise<void> {
    this.pool.warm();
    const giveUpAt = performance.now() + withinMs;
    while (this.pool.status().idle < count) {
      if (performance.now() > giveUpAt)
        throw new Error(`${count} workers were not idle in ${withinMs} ms`);
      await Bun.sleep(POLL_MS);
    }
  }

  /** Throws what the pool throws when it refuses. */
  submit(
    kind: PoolKind,
    input: unknown,
    { observer, ...wishes }: Omit<TaskWishes, "session"> = {},
  ): PoolRun {
    return this.pool.run(
      {
        id: `task_${++this.#serial}` as TaskId,
        attempt: 1,
        priority: 0,
        timeoutMs: 60_000,
        ...wishes,
        kind,
        inputJson: JSON.stringify(input),
        session: null,
      },
      observer,
    );
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
    await this.pool.close(0);
    rmSync(this.folder, { recursive: true, force: true });
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
