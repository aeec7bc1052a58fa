/** The API's words for what agents share and what was learned: board, sessions, timeouts, learning, the audit log. Times are epoch ms, lengths ms. */

import { z } from "zod";
import { taskStateView, tierView } from "./overview-views.ts";

export const boardItemView = z.object({
  task_id: z.string(),
  title: z.string(),
  /** `ready`, `blocked`, `active`, or how it ended. */
  column: z.enum(["blocked", "ready", "active", "done", "failed"]),
  state: taskStateView,
  weight: z.int(),
  priority: z.int(),
  capabilities: z.array(z.string()),
  /** Who works on it; null: nobody. */
  holder: z.string().nullable(),
  lease_left_ms: z.number().nullable(),
  progress_done: z.number().nullable(),
  progress_total: z.number().nullable(),
  summary: z.string().nullable(),
  /** Why nobody can take it now; null: it can be taken, or is. */
  waits_for: z.string().nullable(),
  changed_at: z.int(),
});

const boardHolderView = z.object({
  holder: z.string(),
  active_weight: z.number(),
  capacity: z.number(),
  items: z.int(),
});

export const boardView = z.object({
  /** Of each column at most 200, the newest first. */
  items: z.array(boardItemView),
  counts: z.record(boardItemView.shape.column, z.int()),
  holders: z.array(boardHolderView),
});

export const sessionView = z.object({
  id: z.string(),
  name: z.string().nullable(),
  mode: z.enum(["resting", "warming", "flowing", "surging"]),
  /** Null: it is of a connection, and nobody noted when it came. */
  opened_at: z.int().nullable(),
  closed_at: z.int().nullable(),
  last_used_at: z.int().nullable(),
  in_flight: z.int(),
  tasks_last_minute: z.int(),
  usual_per_minute: z.number().nullable(),
  state_bytes: z.int(),
  state_version: z.int(),
});

export const sessionsView = z.object({ sessions: z.array(sessionView) });

/** A row of the heat table: percentiles of a kind's runs beside the limit in force. */
export const timeoutRowView = z.object({
  kind: z.string(),
  n: z.int(),
  timeouts: z.int(),
  p50_ms: z.number().nullable(),
  p95_ms: z.number().nullable(),
  p99_ms: z.number().nullable(),
  /** Null: none is known. */
  limit_ms: z.number().nullable(),
  max_limit_ms: z.number().nullable(),
  simple_rule_ms: z.number().nullable(),
  basis: z.string(),
  would_have_killed: z.int(),
  of_remembered: z.int(),
  how_sure: z.string(),
});

export const timeoutsView = z.object({ kinds: z.array(timeoutRowView) });

/** Three views of what was learned. */
export const learningView = z.object({
  /** What was learned over time: the limit in force and the runs it was for, oldest first; at most 600 points a kind. */
  over_time: z.array(
    z.object({
      kind: z.string(),
      points: z.array(
        z.object({
          at: z.int(),
          run_ms: z.number().nullable(),
          limit_ms: z.number().nullable(),
          state: taskStateView,
        }),
      ),
    }),
  ),
  /** Moments at which a policy changed, the newest first: a limit that moved by a fifth or more, a person's change, an alert. */
  changes: z.array(
    z.object({
      at: z.int(),
      /** `deadlines`, `routing`, `gate`, `keep_warm`, `person`. */
      what: z.string(),
      summary: z.string(),
    }),
  ),
  /** How far what was foretold was from what came. */
  predictions: z.array(
    z.object({
      clock: z.enum(["wait", "start", "run"]),
      n: z.int(),
      median_log_ratio: z.number().nullable(),
      share_within_2x: z.number().nullable(),
    }),
  ),
  keep_warm: z.array(
    z.object({
      kind: z.string(),
      keep_ms: z.number(),
      basis: z.string(),
      gaps: z.int(),
    }),
  ),
});

export const auditEntryView = z.object({
  seq: z.int(),
  at: z.int(),
  /** `noun.past`, as `task.cancelled`. */
  action: z.string(),
  /** Who: `dashboard` (with the cookie) or `api` (with the token). */
  by: z.string(),
  /** On what. */
  target: z.string(),
  detail: z.string().nullable(),
  /** Takes it back by POST /api/v1/audit/<seq>/undo while it can be; false: it cannot (any more). */
  can_undo: z.boolean(),
});

export const auditView = z.object({ entries: z.array(auditEntryView) });

/** What a person wants of a tier of this server's pool; what is left out stays. */
export const tierChangeView = z.strictObject({
  tier: tierView,
  paused: z.boolean().optional(),
  drain: z.literal(true).optional(),
  /** At most so many workers; null takes the limit away. */
  limit: z.int().min(0).max(256).nullable().optional(),
});

export type BoardItemView = z.infer<typeof boardItemView>;
export type BoardView = z.infer<typeof boardView>;
export type SessionView = z.infer<typeof sessionView>;
export type SessionsView = z.infer<typeof sessionsView>;
export type TimeoutRowView = z.infer<typeof timeoutRowView>;
export type TimeoutsView = z.infer<typeof timeoutsView>;
export type LearningView = z.infer<typeof learningView>;
export type AuditEntryView = z.infer<typeof auditEntryView>;
export type AuditView = z.infer<typeof auditView>;
export type TierChange = z.infer<typeof tierChangeView>;
