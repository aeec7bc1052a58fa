/** A kind whose code is in the worker's memory, ready to run. */

import type { WireError } from "../../core/errors.ts";
import type { TaskContext } from "../define-task.ts";
import type { KindDescription, WorkerSettings } from "../protocol.ts";

/** One job: what its code is given (`task`), and what only built-in kinds use. */
export interface JobContext {
  readonly task: TaskContext;
  readonly settings: WorkerSettings;
  /** Text the job printed, in order, at any length: the receiver bounds it. */
  print(text: string): void;
}

/** A value as returned, or a failure that may keep a value to show. */
export type KindOutcome =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly error: WireError;
      readonly value?: unknown;
    };

export interface LoadedKind {
  readonly description: KindDescription;
  /** What it throws, or rejects with, fails the job: a BalancerError with its own code. */
  run(input: unknown, job: JobContext): KindOutcome | Promise<KindOutcome>;
}
