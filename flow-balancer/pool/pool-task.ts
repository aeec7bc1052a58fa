/** What the pool is asked to run, and what it answers. The pool alone is a library: no store, no MCP. */

import type { SessionId, TaskId } from "../core/ids.ts";
import type { Effects, Execution, TaskResult } from "../core/task.ts";
import type { Tier } from "../core/tier.ts";
import type { KindSource } from "../worker/protocol.ts";

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
  /** From now to its end, ms: refused if that cannot be kept; null or left out: no matter when. */
  readonly deadlineMs?: number | null;
}

/** Told of a task's life while it runs; called synchronously, must not throw. */
export interface PoolObserver {
  started?(tier: Tier): void;
  progress?(done: number, total: number | null, message: string | null): void;
  /** `bytes` counts what was printed, `text` is what of it was kept. */
  output?(text: string, bytes: number): void;
  log?(message: string): void;
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
