/**
 * The port through which observation sees the server, and through which a person steers it. The server
 * implements it; everything here is built on it alone, so that it can be tested without one.
 */

import type {
  HealthView,
  InstancesView,
  OverviewView,
  SeriesView,
  WorkersView,
} from "./api/overview-views.ts";
import type {
  AuditEntryView,
  AuditView,
  BoardView,
  LearningView,
  SessionsView,
  TierChange,
  TimeoutsView,
} from "./api/shared-views.ts";
import type {
  BulkView,
  TaskDetailView,
  TaskFilter,
  TaskListView,
  TaskRowView,
} from "./api/task-views.ts";

/** Pushed to whoever listens; the dashboard needs nothing else to stay true. */
export type LiveEvent =
  /** Once a second while anybody listens. */
  | { readonly type: "overview"; readonly data: OverviewView }
  | { readonly type: "workers"; readonly data: WorkersView }
  /** Tasks that changed since the last one of these, at most four times a second and 200 at once; `more`: others did too. */
  | {
      readonly type: "tasks";
      readonly data: {
        readonly changed: readonly TaskRowView[];
        readonly more: boolean;
      };
    }
  /** What was asked of the server by a person. */
  | { readonly type: "audit"; readonly data: AuditEntryView };

/** Reads; none of them throws for want of data. */
export interface Watch {
  overview(): Promise<OverviewView>;
  /** The last `minutes`, 1..60. */
  series(minutes: number): Promise<SeriesView>;
  health(): Promise<HealthView>;
  workers(): Promise<WorkersView>;
  tasks(filter: TaskFilter): Promise<TaskListView>;
  /** Null: there is no such task. */
  task(id: string): Promise<TaskDetailView | null>;
  board(): Promise<BoardView>;
  sessions(): Promise<SessionsView>;
  instances(): Promise<InstancesView>;
  timeouts(): Promise<TimeoutsView>;
  learning(): Promise<LearningView>;
  audit(): Promise<AuditView>;
  /** Calls `listener` until the returned function is called. Nothing is computed while nobody listens. */
  listen(listener: (event: LiveEvent) => void): () => void;
}

/** What a person may do; each of them is written to the audit log under `by`. Throws a BalancerError. */
export interface Steering {
  cancel(ids: readonly string[], by: string): Promise<BulkView>;
  /** Those that ended other than `completed`. */
  retry(ids: readonly string[], by: string): Promise<BulkView>;
  changeTier(change: TierChange, by: string): Promise<AuditEntryView>;
  /** Of one worker: it ends, what it runs is handled as a crash, another takes its place. */
  killWorker(id: string, by: string): Promise<AuditEntryView>;
  undo(seq: number, by: string): Promise<AuditEntryView>;
}
