/** What `top` shows, as it was read at one moment. */

import type { TaskState } from "../../core/task.ts";
import type { EpochMs } from "../../core/time.ts";
import type { InstanceView } from "../instances.ts";
import type { Ended } from "../stats/work-figures.ts";
import type { TaskView } from "../task-view.ts";

export interface HeldTask extends TaskView {
  /** Its own, ms; null: it asked for none. */
  readonly timeoutMs: number | null;
}

/** Of a kind; null: too little is known. */
export interface KindTerms {
  readonly p95Ms: number | null;
  readonly limitMs: number | null;
}

export interface TopFacts {
  readonly now: EpochMs;
  readonly home: string;
  /** Those that run, and those whose end nobody has noted. */
  readonly instances: readonly InstanceView[];
  /** Null: there is no store yet. */
  readonly tasks: Readonly<Record<TaskState, number>> | null;
  /** Tasks of the pool that somebody has; the longest first. */
  readonly held: readonly HeldTask[];
  /** The newest `NEWEST`, the newest first. */
  readonly newest: readonly TaskView[];
  /** Of the board: those in work, then those that are ready, then those that wait for others; at most `SHOWN` of each. */
  readonly board: readonly TaskView[];
  readonly terms: ReadonlyMap<string, KindTerms>;
  /** Ended within the last `WINDOW_MS`. */
  readonly ended: readonly Ended[];
  /** Why it could not be read; null: it could. What is shown is then as it was before. */
  readonly trouble: string | null;
}

export const WINDOW_MS = 60_000;
export const NEWEST = 500;
export const SHOWN = 200;
