/** The pool at one moment, for people and metrics. */

import type { SessionId, TaskId, WorkerId } from "./ids.ts";
import type { Timing } from "./task.ts";
import type { Tier } from "./tier.ts";

export type WorkerState = "starting" | "idle" | "busy" | "retiring" | "dead";

/** What a busy worker's main thread was doing in the last seconds, as far as can be told without asking it. */
export type WorkerHealth =
  /** Its main thread turns, and it has jobs. */
  | "working"
  /** Its main thread turns, and it has none. */
  | "idle"
  | "starting"
  /** The main thread does not turn and takes CPU time: a loop without end, or a long computation. */
  | "spinning"
  /** The main thread does not turn though it could: others have the CPU. */
  | "starved"
  /** The main thread waits in a system call or for a lock, and takes no CPU time. */
  | "blocked"
  /** By a signal or a debugger. */
  | "stopped"
  | "dead"
  /** The main thread does not turn, and there is nothing to tell why. */
  | "silent"
  /** The two looks are too close, or tell nothing. */
  | "unclear";

/** How far what was foretold was from what came, over the newest predictions. */
export interface ErrorSummary {
  /** Predictions ever made. */
  readonly n: number;
  /** Median of |ln(predicted / actual)|: 0 is exact, 0.69 is a factor of 2. NaN while there is none. */
  readonly medianLogRatio: number;
  /** Share of them within a factor of 2. NaN while there is none. */
  readonly withinTwice: number;
}

export interface WorkerStatus {
  readonly id: WorkerId;
  readonly pid: number;
  readonly tier: Tier;
  readonly state: WorkerState;
  readonly session: SessionId | null;
  readonly loaded: readonly string[];
  /** One that it runs: the only one, but for kinds of which a worker runs several. */
  readonly task: TaskId | null;
  readonly tasksInFlight: number;
  readonly tasksDone: number;
  /** Null unless it is busy. */
  readonly health: WorkerHealth | null;
  /** Messages that named no running job: a sign of a task that answers twice. */
  readonly strayMessages: number;
  readonly heardMsAgo: number;
  /** Since its process was started. */
  readonly ageMs?: number;
  /** Of the last minute, or of its life if that is shorter: the share in which it had tasks, 0..1. Null: it was not ready yet. */
  readonly busyShare?: number | null;
  /** When the oldest of its tasks was given to it, epoch ms, and its kind; null: it has none. */
  readonly taskSince?: number | null;
  readonly taskKind?: string | null;
}

/** What a person did to a tier. A worker counts in the tier it has and in the one its task is about to bring it to; one that starts is cold. */
export interface TierControl {
  /** Its workers get no task, and no task makes another worker one of it; cold: none is started for a task either. */
  readonly paused: boolean;
  /** Some of those that were to end are still there. */
  readonly draining: boolean;
  /** At most so many workers; null: no limit of its own. */
  readonly limit: number | null;
}

/** How long an idle worker that has the kind loaded is kept, and by whose idle gaps. */
export interface KeepWarmStatus {
  readonly kind: string;
  readonly keepMs: number;
  /** `prior`: too few gaps, so by what a start costs alone; `all_kinds`: by those of all kinds, having few of its own. */
  readonly basis: "prior" | "all_kinds" | "own_gaps";
  /** How many there were of those. */
  readonly gaps: number;
}

/** Whether the pool gets workers when it wants them. */
export interface PoolStarts {
  /** Starts that failed since a worker last got ready. */
  readonly failed: number;
  /** What ended the last worker, or kept it from starting; "": nothing yet. */
  readonly reason: string;
  /** Until one may be started again, ms; 0: now. Infinity: there are as many as there may be. */
  readonly waitMs: number;
  /** The pool is being closed: no task is taken, and no worker started. */
  readonly closing: boolean;
}

export interface PoolStatus {
  /** Now: fewer than configured where other servers have work. */
  readonly maxWorkers: number;
  /** What a server has to do decides how many of them it has. */
  readonly configuredWorkers: number;
  readonly waiting: number;
  readonly starting: number;
  readonly busy: number;
  readonly idle: number;
  /** Of the three clocks. */
  readonly predictions: Readonly<Record<keyof Timing, ErrorSummary>>;
  /** Of the kinds whose tasks ended last; at most 20, the last first. */
  readonly keepWarm: readonly KeepWarmStatus[];
  /** Ready workers (busy or idle) by how specialised they are. */
  readonly tiers: Readonly<Record<Tier, number>>;
  readonly workers: readonly WorkerStatus[];
  readonly controls?: Readonly<Record<Tier, TierControl>>;
}
