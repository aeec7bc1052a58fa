/** A pool with real worker processes, without a store or MCP, and with the clean-up no test may forget. */

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { SessionId, TaskId } from "../../flow-balancer/core/ids.ts";
import { bunEnv } from "../../flow-balancer/env.ts";
import {
  MultiTierPoolManager,
  type PoolOptions,
} from "../../flow-balancer/pool/multi-tier-pool-manager.ts";
import type {
  PoolKind,
  PoolObserver,
  PoolOutcome,
  PoolRun,
  PoolTask,
} from "../../flow-balancer/pool/pool-task.ts";
import type { PoolEvent } from "../../flow-balancer/pool/worker-pool.ts";
import { kill, marked, type LivingProcess } from "./processes.ts";
import { until } from "./until.ts";

type Settings = PoolOptions["settings"];

const SETTINGS: Settings = {
  maxWorkers: 4,
  spareWorkers: 1,
  maxWaiting: 100,
  idleMs: 60_000,
  startTimeoutMs: 5_000,
  cancelGraceMs: 300,
  maxTasksPerWorker: 1_000,
};

export interface TaskOptions extends Partial<
  Omit<PoolTask, "session" | "kind">
> {
  readonly session?: string | null;
  readonly kind?: PoolKind;
  readonly observer?: PoolObserver;
}

export class PoolUnderTest {
  readonly folder: string;
  readonly pool: MultiTierPoolManager;
  readonly events: PoolEvent[] = [];
  #serial = 0;

  constructor(
    settings: Partial<Settings> = {},
    more: Pick<PoolOptions, "sessionState"> & {
      readonly workDir?: string;
    } = {},
  ) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), "pool-")));
    this.pool = new MultiTierPoolManager({
      env: bunEnv,
      settings: { ...SETTINGS, ...settings },
      worker: {
        workDir: more.workDir ?? this.folder,
        roots: [this.folder],
        maxResultBytes: 1_000_000,
        maxOutputBytes: 100_000,
        cancelGraceMs: settings.cancelGraceMs ?? SETTINGS.cancelGraceMs,
      },
      // HOME marks every process that comes of this pool.
      environment: {
        PATH: process.env["PATH"] ?? "/usr/bin:/bin",
        HOME: this.folder,
      },
      onEvent: (event) => this.events.push(event),
      ...(more.sessionState && { sessionState: more.sessionState }),
    });
  }

  task(inputJson: string, kind: PoolKind, options: TaskOptions = {}): PoolRun {
    const { session = null, observer, ...rest } = options;
    return this.pool.run(
      {
        // Unlike any of a test that runs beside this one: commands are found, and ended, by it.
        id: `task_${basename(this.folder)}_${++this.#serial}` as TaskId,
        attempt: 1,
        priority: 0,
        timeoutMs: 20_000,
        ...rest,
        kind,
        inputJson,
        session: session as SessionId | null,
      },
      observer,
    );
  }

  script(code: string, options: TaskOptions = {}): PoolRun {
    return this.task(
      JSON.stringify({ code }),
      options.kind ?? scriptKind(),
      options,
    );
  }

  shell(argv: readonly string[], options: TaskOptions = {}): PoolRun {
    return this.task(
      JSON.stringify({ argv }),
      options.kind ?? shellKind(),
      options,
    );
  }

  /** A shell task that has begun and ends once `release` is called. */
  async held(
    name: string,
    options: TaskOptions = {},
  ): Promise<{ run: PoolRun; release: () => void }> {
    const begun = Promise.withResolvers<void>();
    const run = this.shell(
      ["sh", "-c", `echo up; while [ ! -e ${name} ]; do sleep 0.01; done`],
      {
        ...options,
        observer: {
          ...options.observer,
          output: (text) => {
            if (text.includes("up")) begun.resolve();
          },
        },
      },
    );
    await begun.promise;
    return { run, release: () => writeFileSync(join(this.folder, name), "") };
  }

  living(): LivingProcess[] {
    return marked(`HOME=${this.folder}`);
  }

  idle(count: number): Promise<true> {
    return until(
      `${count} idle workers`,
      () =>
        this.pool.status().idle === count && this.pool.status().starting === 0,
    );
  }

  async destroy(): Promise<void> {
    for (const { pid } of this.living()) kill(pid);
    await this.pool.close(0);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const kindOf = (
  name: string,
  type: "shell" | "script",
  more: Partial<PoolKind>,
): PoolKind => ({
  name,
  source: { type },
  effects: "idempotent",
  concurrency: null,
  inFlight: 1,
  memoryMb: null,
  env: {},
  ...more,
});
export const shellKind = (more: Partial<PoolKind> = {}): PoolKind =>
  kindOf("shell", "shell", more);
export const scriptKind = (more: Partial<PoolKind> = {}): PoolKind =>
  kindOf("script", "script", more);

export const moduleKind = (
  name: string,
  path: string,
  more: Partial<PoolKind> = {},
): PoolKind => ({
  ...shellKind(more),
  name,
  source: { type: "module", path },
});

export const codeOf = ({ result }: PoolOutcome): string =>
  "error" in result ? result.error.code : result.status;
export const messageOf = ({ result }: PoolOutcome): string =>
  "error" in result ? result.error.message : "";

export function pools(after: (clean: () => Promise<void>) => void) {
  const made: PoolUnderTest[] = [];
  after(async () => {
    for (const pool of made.splice(0)) await pool.destroy();
  });
  return (
    ...of: ConstructorParameters<typeof PoolUnderTest>
  ): PoolUnderTest => {
    const pool = new PoolUnderTest(...of);
    made.push(pool);
    return pool;
  };
}
