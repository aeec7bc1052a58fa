/** The port through which metrics that are read, not counted, come from the server. */

import type { LastBeat } from "../../flow-balancer/core/instance.ts";
import type { PoolStatus } from "../../flow-balancer/core/pool-status.ts";
import type { TaskState } from "../../flow-balancer/core/task.ts";

/** What is read for a scrape, part by part, and what is counted between two. */
export const FACT_PARTS = [
  "version",
  "pool",
  "home",
  "disk",
  "deadlines",
  "process",
  "events",
] as const;
export type FactPart = (typeof FACT_PARTS)[number];

export interface LearnedDeadline {
  readonly kind: string;
  readonly softMs: number;
  readonly maxMs: number;
  /** Remembered runs, and how many of them the limit would have ended. */
  readonly remembered: number;
  readonly wouldKill: number;
}

export interface HomeFacts {
  readonly tasks: Readonly<Record<TaskState, number>>;
  /** Tasks that could run and have not begun. */
  readonly waiting: number;
  /** Since the oldest of them was submitted; null: there is none. */
  readonly oldestMs: number | null;
  readonly instances: number;
  readonly lastBeat: LastBeat;
}

/** Bytes. */
export interface DiskFacts {
  readonly database: number;
  readonly wal: number;
  readonly free: number;
}

/** Each throws or rejects if it cannot be read: then what depends on it is left out. */
export interface MetricsFacts {
  version(): string;
  pool(): PoolStatus;
  /** Of worker processes, bytes by pid; null, or none: it is gone. */
  memoryOf(
    pids: readonly number[],
  ): Promise<ReadonlyMap<number, number | null>>;
  home(): Promise<HomeFacts>;
  disk(): DiskFacts;
  /** Of the kinds that ran last. */
  deadlines(): Promise<readonly LearnedDeadline[]>;
}
