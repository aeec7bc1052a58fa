/** A worker and a task as the choice sees them, and the rules of who may serve whom. */

import type { SessionId } from "../core/ids.ts";
import type { WorkerState } from "../core/pool-status.ts";

export type Affinity = "priced" | "strict";

/** A worker as the choice sees it; a `WorkerSlot` is one. Moments are mono ms. */
export interface WorkerView {
  readonly state: WorkerState;
  /** Whose task it ran last. */
  readonly session: SessionId | null;
  /** It holds that session's memory. */
  readonly holdsMemory: boolean;
  /** The only kind it may still run. */
  readonly reservedFor: string | null;
  readonly loaded: ReadonlySet<string>;
  /** When it became idle; while it starts, when it was started. */
  readonly idleSince: number;
  /** The kind it runs; null unless it is busy. */
  readonly running: string | null;
  /** The session of what it runs; null if that has none, or unless it is busy. */
  readonly serving: SessionId | null;
  /** When the oldest of its tasks began. */
  readonly busySince: number;
  /** Tasks it has now. */
  readonly inFlight: number;
  /** To be let go: it gets nothing new. */
  readonly released: boolean;
  /** One of its tasks is being ended: nothing runs beside that. */
  readonly quarantined: boolean;
}

export interface Wish {
  readonly session: SessionId | null;
  readonly kind: string;
  /** Tasks of the kind that one worker may have at once. */
  readonly inFlight: number;
  readonly affinity: Affinity;
  /** A task of the kind can look at its session's memory. */
  readonly usesMemory: boolean;
}

/** Whether it could ever be given to the task: alive, and nobody else's. */
export function mayServe(worker: WorkerView, wish: Wish): boolean {
  const { state, reservedFor } = worker;
  if (state === "retiring" || state === "dead" || worker.released) return false;
  if (reservedFor !== null && reservedFor !== wish.kind) return false;
  return !worker.holdsMemory || worker.session === wish.session;
}

/** The session's memory is there. */
export const isOwn = (worker: WorkerView, wish: Wish): boolean =>
  worker.holdsMemory && worker.session === wish.session;

/** Only among tasks of one session, or of none: what runs beside it sees its memory. */
export const hasFreeLane = (worker: WorkerView, wish: Wish): boolean =>
  worker.state === "busy" &&
  !worker.quarantined &&
  worker.running === wish.kind &&
  worker.serving === wish.session &&
  worker.inFlight < wish.inFlight;
