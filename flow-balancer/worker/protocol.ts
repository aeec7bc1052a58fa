/**
 * Every message between a worker process and its parent, as tagged unions. Both halves come from
 * the same build; the version is checked at `ready` all the same. What a worker sends is
 * untrusted input: the parent drops whatever does not name the job it is running.
 */

import type { WireError } from "../core/errors.ts";
import type { BulkRef, LaneTicket } from "./bulk-lane.ts";
import type { RunRequest } from "./frames.ts";
import type { SharedFileTicket } from "./shared-file.ts";

export const PROTOCOL_VERSION = 4;

/** Where the code of a kind comes from. A module's path is absolute. */
export type KindSource =
  | { readonly type: "shell" }
  | { readonly type: "script" }
  | { readonly type: "module"; readonly path: string }
  /** A list of another kind's inputs; see kinds/each.ts. */
  | { readonly type: "each"; readonly kind: string; readonly of: KindSource };

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

/** Where the worker says how it is, without messages. */
export interface PageTicket {
  readonly file: SharedFileTicket;
  readonly generation: number;
}

/** Introduces a kind to a worker, once; runs name it by its index. */
export interface KindMessage {
  readonly type: "kind";
  /** 0, 1, 2, ... in the order they are introduced. */
  readonly index: number;
  readonly name: string;
  readonly source: KindSource;
  /** Added to the worker's environment, for kinds that are configured to see more of it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Runs and results of short tasks go in frames (see frames.ts); the rest, one message each, is here. */
export type ToWorker =
  | {
      readonly type: "init";
      readonly settings: WorkerSettings;
      /** Null: there is no shared memory. */
      readonly page: PageTicket | null;
    }
  | KindMessage
  | ({ readonly type: "run" } & RunRequest)
  /** Its input is in the lane. */
  | ({ readonly type: "run_bulk"; readonly ref: BulkRef } & Omit<
      RunRequest,
      "inputJson"
    >)
  /** What was saved of the session last: comes before the run that is to find it. */
  | {
      readonly type: "session";
      readonly session: string;
      /** A JSON object. */
      readonly json: string;
    }
  /** Long texts may go this way from when the worker says it is open. */
  | {
      readonly type: "lane";
      readonly to: "worker" | "parent";
      readonly ticket: LaneTicket;
    }
  /** Lanes to the worker, up to this number, are of no use any more. */
  | { readonly type: "lane_drop"; readonly lane: number }
  /** Let the lane to the parent go if it is a large one. */
  | { readonly type: "lane_shrink" }
  | {
      readonly type: "describe";
      readonly job: number;
      readonly kind: number;
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
  /** A completed job whose value is in the lane. */
  | {
      readonly type: "result_bulk";
      readonly job: number;
      readonly runMs: number;
      /** Unchecked. */
      readonly ref: unknown;
    }
  | { readonly type: "lane_open"; readonly lane: number; readonly ok: boolean }
  | { readonly type: "lane_shrunk"; readonly lane: number }
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
  /** The job's code said that it lives. */
  | { readonly type: "heartbeat"; readonly job: number }
  /** The worker's main thread turns; says nothing of its jobs. */
  | { readonly type: "turning" }
  /** The job looked at its session's memory: from now on the process holds it. */
  | { readonly type: "bound"; readonly job: number }
  /** What the job left of its session's state, where that is another than before; comes before its result. */
  | { readonly type: "state"; readonly job: number; readonly json: string }
  | { readonly type: "log"; readonly job: number; readonly message: string }
  /** Printed text. `bytes` counts what was printed since the last one, kept or not. */
  | {
      readonly type: "output";
      readonly job: number;
      readonly text: string;
      readonly bytes: number;
      /** Printed by code of which cannot be told whose it is. */
      readonly stray: boolean;
    }
  | { readonly type: "bye" };

/** A worker that has jobs says so often that it turns: for who cannot read its page. */
export const HEARTBEAT_MS = 5_000;
/** So often a worker counts up on its page, while its main thread turns: a store to memory. */
export const BEAT_MS = 250;
