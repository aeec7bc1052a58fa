/** Our pool as a library (no store, no MCP), with real workers and a folder of its own. */

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionId, TaskId } from "../flow-balancer/core/ids.ts";
import type { PoolSettings } from "../flow-balancer/core/pool-settings.ts";
import { bunEnv } from "../flow-balancer/env.ts";
import { MultiTierPoolManager } from "../flow-balancer/pool/multi-tier-pool-manager.ts";
import type {
  PoolKind,
  PoolObserver,
  PoolOutcome,
  PoolRun,
  PoolTask,
} from "../flow-balancer/pool/pool-task.ts";
import type { PoolEvent } from "../flow-balancer/pool/worker-pool.ts";

/** Tasks a worker is given at once where they do not compute: as many as the peers are allowed. */
export const MANY_IN_FLIGHT = 64;

const MIB = 1_048_576;
const POLL_MS = 2;
const START_MS = 10_000;
const CANCEL_GRACE_MS = 300;

export interface OwnPoolOptions extends Partial<PoolSettings> {
  readonly workers: number;
  /** False: every payload goes over plain IPC. */
  readonly sharedMemory?: boolean;
  readonly maxResultBytes?: number;
  /** Added to what workers see of the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly onEvent?: (event: PoolEvent) => void;
}

/** What a task says beside its kind and its input. */
export type TaskWishes = Partial<Omit<PoolTask, "session" | "kind">> & {
  readonly session?: string | null;
  readonly observer?: PoolObserver;
};

export class OwnPool implements AsyncDisposable {
  readonly pool: MultiTierPoolManager;
  /** The home of its workers. */
  readonly folder = realpathSync(
    mkdtempSync(join(tmpdir(), "flow-balancer-pool-")),
  );
  #serial = 0;

  constructor({
    workers,
    environment,
    sharedMemory = true,
    maxResultBytes = 64 * MIB,
    onEvent,
    cancelGraceMs = CANCEL_GRACE_MS,
    ...settings
  }: OwnPoolOptions) {
    this.pool = new MultiTierPoolManager({
      env: bunEnv,
      sharedMemory,
      settings: {
        maxWorkers: workers,
        spareWorkers: workers,
        maxWaiting: 10_000,
        idleMs: 600_000,
        startTimeoutMs: START_MS,
        cancelGraceMs,
        maxTasksPerWorker: Number.MAX_SAFE_INTEGER,
        ...settings,
      },
      worker: {
        workDir: this.folder,
        roots: [this.folder],
        maxResultBytes,
        maxOutputBytes: MIB,
        cancelGraceMs,
      },
      environment: {
        PATH: process.env["PATH"] ?? "/usr/bin:/bin",
        HOME: this.folder,
        ...environment,
      },
      ...(onEvent === undefined ? {} : { onEvent }),
    });
  }

  /** Resolves once `count` workers are idle; throws if they are not in time. */
  async warm(count: number, withinMs = START_MS): Promise<void> {
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
    inputJson: string,
    { session = null, observer, ...wishes }: TaskWishes = {},
  ): PoolRun {
    return this.pool.run(
      {
        id: `task_${++this.#serial}` as TaskId,
        attempt: 1,
        priority: 0,
        timeoutMs: 60_000,
        ...wishes,
        kind,
        inputJson,
        session: session as SessionId | null,
      },
      observer,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.close(0);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function valueOf({ result }: PoolOutcome): unknown {
  if (result.status === "completed") return JSON.parse(result.valueJson);
  throw new Error(`a task ${result.status}: ${result.error.message}`);
}

/** A kind whose module lies in tasks/. */
export const moduleKind = (name: string, inFlight = 1): PoolKind => ({
  name,
  source: { type: "module", path: join(import.meta.dir, `tasks/${name}.ts`) },
  effects: "none",
  concurrency: null,
  memoryMb: null,
  env: {},
  inFlight,
});
