/** What the pool is asked to run, and what it answers. The pool alone is a library: no store, no MCP. */

import type { SessionId, TaskId } from "../core/ids.ts";
import type { Effects, Execution, TaskResult } from "../core/task.ts";
import type { Tier } from "../core/tier.ts";
import type { TraceCarrier } from "../core/trace-context.ts";
import type { KindSource } from "../worker/protocol.ts";
import type { Limits } from "./signs-of-life.ts";

/** A kind as the pool runs it. */
export interface PoolKind {
  readonly name: string;
  readonly source: KindSource;
  readonly effects: Effects;
  /** At most this many at once; null: as many as there are workers. */
  readonly concurrency: number | null;
  /** So many tasks of the kind one worker runs at a time; 1 but for kinds that mostly wait, or are very short. */
  readonly inFlight: number;
  /** Its worker is ended when it holds more than this, MiB; null: no limit. */
  readonly memoryMb: number | null;
  /** Added to the environment of a worker that runs it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Such code may keep anything anywhere. */
export const runsScripts = ({ source }: PoolKind): boolean =>
  (source.type === "each" ? source.of : source).type === "script";

/** Workers that were shown its variables are for this kind only. */
export const hasEnv = (kind: PoolKind): boolean => {
  for (const _ in kind.env) return true;
  return false;
};

export interface PoolTask {
  readonly id: TaskId;
  readonly kind: PoolKind;
  readonly attempt: number;
  readonly inputJson: string;
  readonly session: SessionId | null;
  /** Higher first; first come first served among equals. */
  readonly priority: number;
  /** Longest run time, ms; waiting and loading do not count. */
  readonly timeoutMs: number;
  /**
   * Longest run time of a run that gives signs of life, ms: then `timeoutMs` ends only one that gave none
   * lately (see signs-of-life.ts). Left out, or no more than `timeoutMs`: that is the only limit.
   */
  readonly maxTimeoutMs?: number;
  /** Both, asked for when its own time begins: by then more may be known than when it was handed in. Left out: as above. */
  readonly limits?: () => Limits;
  /** From now to its end, ms: refused if that cannot be kept; null or left out: no matter when. */
  readonly deadlineMs?: number | null;
  /** Which trace it belongs to; null or left out: none. */
  readonly trace?: TraceCarrier | null;
  /**
   * Asked once it has a worker, before anything of it is sent there; asked again if it is given to another
   * one instead. False: its lease is lost, and it ends `cancelled`; rejected: it fails. Its time does not run
   * meanwhile. Left out: it may.
   */
  readonly mayStart?: () => Promise<boolean>;
}

/** Told of a task's life while it runs; called synchronously, must not throw. */
export interface PoolObserver {
  started?(tier: Tier): void;
  progress?(done: number, total: number | null, message: string | null): void;
  /** `bytes` counts what was printed, `text` is what of it was kept. */
  output?(text: string, bytes: number): void;
  log?(message: string): void;
  /**
   * Just before the outcome: what the task left of its session's state, a JSON object, and the version that
   * was made from; -1: a state that was refused, as this is to be. Told only of a session whose state is
   * kept (see `sessionState` of the pool's options). From here on that answers with this, one version on,
   * unless it is refused: at once by false, which concerns this worker alone, or later by `forgetSession`.
   */
  stateChanged?(json: string, baseVersion: number): boolean;
}

export interface PoolOutcome {
  readonly result: TaskResult;
  /** Null if it never reached a worker. */
  readonly execution: Execution | null;
}

export interface PoolRun {
  /** Always resolves, exactly once. */
  readonly done: Promise<PoolOutcome>;
  /** Waiting: dropped at once. Running: the cancel ladder, and `done` resolves at its end. */
  cancel(): void;
}
