/** The pool at one moment, for people and metrics. */

import type { SessionId, TaskId, WorkerId } from "./ids.ts";
import type { Tier } from "./tier.ts";

export type WorkerState = "starting" | "idle" | "busy" | "retiring" | "dead";

export interface WorkerStatus {
  readonly id: WorkerId;
  readonly pid: number;
  readonly tier: Tier;
  readonly state: WorkerState;
  readonly session: SessionId | null;
  readonly loaded: readonly string[];
  readonly task: TaskId | null;
  readonly tasksDone: number;
  /** Messages that named no running job: a sign of a task that answers twice. */
  readonly strayMessages: number;
  readonly heardMsAgo: number;
}

export interface PoolStatus {
  readonly maxWorkers: number;
  readonly waiting: number;
  readonly starting: number;
  readonly busy: number;
  readonly idle: number;
  /** Ready workers (busy or idle) by how specialised they are. */
  readonly tiers: Readonly<Record<Tier, number>>;
  readonly workers: readonly WorkerStatus[];
}
