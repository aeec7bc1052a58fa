/**
 * Every message between a worker process and its parent, as tagged unions. Both halves come from
 * the same build; the version is checked at `ready` all the same. What a worker sends is
 * untrusted input: the parent drops whatever does not name the job it is running.
 */

import type { WireError } from "../core/errors.ts";

export const PROTOCOL_VERSION = 1;

/** Where the code of a kind comes from. A module's path is absolute. */
export type KindSource =
  | { readonly type: "shell" }
  | { readonly type: "script" }
  | { readonly type: "module"; readonly path: string };

/** Fixed for a worker's life and given at its start. */
export interface WorkerSettings {
  /** Where tasks start; also what a relative cwd is relative to. */
  readonly workDir: string;
  /** A command's cwd must be inside one of these, symlinks resolved. */
  readonly roots: readonly string[];
  readonly maxResultBytes: number;
  readonly maxOutputBytes: number;
  /** From a cancel to the end of the process, ms. */
  readonly cancelGraceMs: number;
}

/** One task to run. `job` is the parent's number for this run on this worker: never used twice. */
export interface RunMessage {
  readonly type: "run";
  readonly job: number;
  readonly taskId: string;
  readonly attempt: number;
  readonly session: string | null;
  readonly kind: string;
  readonly source: KindSource;
  readonly inputJson: string;
  /** Added to the worker's environment, for kinds that are configured to see more of it. */
  readonly env: Readonly<Record<string, string>>;
}

export type ToWorker =
  | { readonly type: "init"; readonly settings: WorkerSettings }
  | RunMessage
  | {
      readonly type: "describe";
      readonly job: number;
      readonly kind: string;
      readonly source: KindSource;
    }
  | { readonly type: "cancel"; readonly job: number }
  | { readonly type: "drain" };

/** What came of a job, from the worker's side. */
export type WorkerOutcome =
  | { readonly status: "completed"; readonly valueJson: string }
  | {
      readonly status: "failed";
      readonly error: WireError;
      readonly valueJson: string | null;
    }
  | { readonly status: "cancelled" };

/** What a kind says of itself. */
export interface KindDescription {
  readonly description: string | null;
  readonly inputSchema: Readonly<Record<string, unknown>> | null;
}

export type FromWorker =
  | {
      readonly type: "ready";
      readonly protocol: number;
      readonly bun: string;
      readonly pid: number;
    }
  /** The kind's code is in memory and the job's own time begins; sent only where loading was needed. */
  | { readonly type: "loaded"; readonly job: number; readonly loadMs: number }
  | {
      readonly type: "result";
      readonly job: number;
      readonly outcome: WorkerOutcome;
      readonly runMs: number;
    }
  | {
      readonly type: "described";
      readonly job: number;
      readonly description: KindDescription | null;
      readonly error: WireError | null;
    }
  | {
      readonly type: "progress";
      readonly job: number;
      readonly done: number;
      readonly total: number | null;
      readonly message: string | null;
    }
  | { readonly type: "heartbeat"; readonly job: number }
  | { readonly type: "log"; readonly job: number; readonly message: string }
  /** Printed text. `bytes` counts what was printed since the last one, kept or not. */
  | {
      readonly type: "output";
      readonly job: number;
      readonly text: string;
      readonly bytes: number;
    }
  | { readonly type: "bye" };

/** A running job says it is alive this often, whether or not its code does. */
export const HEARTBEAT_MS = 5_000;
