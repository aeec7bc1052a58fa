/**
 * What health is judged by: the figures of one moment, one entry a probe. Lengths are ms, sizes bytes,
 * ages were taken when the facts were.
 */

import type { LastBeat } from "../../flow-balancer/core/instance.ts";

export interface HealthFacts {
  readonly store: {
    /** From asking for a small write until it was on disk. */
    readonly writeMs: number;
    /** Why the server takes no new tasks; null: it does. */
    readonly refusal: string | null;
    readonly refused: Refusals | null;
  };
  readonly commit: CommitTimes;
  readonly pool: {
    /** Workers that run something or could. */
    readonly ready: number;
    readonly starting: number;
    readonly maxWorkers: number;
    readonly waiting: number;
    /** Starts that failed since one last succeeded, and why the last one did. */
    readonly failedStarts: number;
    readonly reason: string;
    /** Until the next start may be tried. */
    readonly nextStartMs: number;
    /** It takes no new tasks any more. */
    readonly closing: boolean;
    /** Of a start made only to see whether it works, because nothing else tells; null: none was needed. */
    readonly trial: StartTrial | RunningTrial | null;
  };
  readonly heartbeat: {
    readonly beat: LastBeat;
    /** How often the others are told that this server lives, and after how long a silence they take its work. */
    readonly heartbeatMs: number;
    readonly deadAfterMs: number;
  };
  readonly reaper: {
    readonly beat: LastBeat;
    /** For how long the first of the leases that ran out has been overdue; null: none has run out. */
    readonly overdueMs: number | null;
  };
  readonly disk: {
    readonly freeBytes: number;
    readonly totalBytes: number;
    /** Null: this file system does not count them. */
    readonly freeFiles: number | null;
  };
  readonly wal: { readonly bytes: number };
  /** Of the last seconds; null: not looked at for long enough yet. */
  readonly event_loop: {
    readonly delay: {
      readonly p50Ms: number;
      readonly p99Ms: number;
      readonly maxMs: number;
    } | null;
  };
  readonly instances: Neighbours;
}

/** Writes that the store would not take in the last seconds, though nothing was wrong with them. */
export interface Refusals {
  readonly writes: number;
  /** Since the last of them. */
  readonly msAgo: number;
  readonly reason: string;
}

/** Of the transactions of the last half minute or so. */
export interface CommitTimes {
  readonly n: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

export type StartTrial =
  | { readonly type: "ready"; readonly startMs: number }
  | { readonly type: "failed"; readonly reason: string };

/** It is not known yet how it ends: on a busy machine a start takes seconds. */
export interface RunningTrial {
  readonly type: "running";
  readonly ms: number;
}

/** The servers of the home. */
export interface Neighbours {
  readonly alive: number;
  /** Found dead within the last `windowMs`, the newest first. */
  readonly died: readonly Neighbour[];
  /** Not found dead, and not heard of for longer than a server may be silent. */
  readonly silent: readonly Neighbour[];
  readonly windowMs: number;
}

interface Neighbour {
  readonly id: string;
  readonly pid: number;
  /** Since it was found dead, or heard of last. */
  readonly ms: number;
}

export type ProbeName = keyof HealthFacts;

/** A fact, or why there is none. */
export type Known<Fact> =
  | { readonly ok: true; readonly value: Fact }
  | { readonly ok: false; readonly reason: string };

export type Gathered = {
  readonly [Name in ProbeName]: Known<HealthFacts[Name]>;
};

export type FactSources = {
  readonly [Name in ProbeName]: () =>
    HealthFacts[Name] | Promise<HealthFacts[Name]>;
};
