/** The API's words for tasks: lists, one with all that is known of it, and what can be done to many. Times are epoch ms, lengths ms. */

import { z } from "zod";
import { taskStateView, tierView } from "./overview-views.ts";

/** A line of a list. */
export const taskRowView = z.object({
  task_id: z.string(),
  /** Order of arrival. */
  seq: z.int(),
  kind: z.string(),
  state: taskStateView,
  /** Of an item of the board; null: it is no such. */
  title: z.string().nullable(),
  session: z.string().nullable(),
  queue: z.enum(["pool", "board"]),
  priority: z.int(),
  attempt: z.int(),
  submitted_at: z.int(),
  started_at: z.int().nullable(),
  settled_at: z.int().nullable(),
  tier: tierView.nullable(),
  worker: z.string().nullable(),
  holder: z.string().nullable(),
  wait_ms: z.number().nullable(),
  start_ms: z.number().nullable(),
  run_ms: z.number().nullable(),
  error_code: z.string().nullable(),
});

/** Newest first. A page may hold fewer than were asked for, even none, with more to come: only so many tasks are looked at in one call. The end is where `next` is null. */
export const taskListView = z.object({
  tasks: z.array(taskRowView),
  /** Pass as `before`; null at the end. */
  next: z.int().nullable(),
  /** Of all that the filter lets through, as far as they were counted. */
  total: z.int(),
  total_is_exact: z.boolean(),
});

/** What a query line says: `state:failed kind:shell session:abc since:1h` and words of the id or title. */
export const taskFilterView = z.object({
  state: z.array(taskStateView).optional(),
  kind: z.string().max(64).optional(),
  session: z.string().max(200).optional(),
  worker: z.string().max(200).optional(),
  /** Submitted then or later. */
  since: z.int().optional(),
  /** Part of an id or a board item's title. */
  text: z.string().max(200).optional(),
  before: z.int().optional(),
  limit: z.int().min(1).max(500).optional(),
});

/** One try, with its three clocks. */
export const attemptView = z.object({
  attempt: z.int(),
  holder: z.string().nullable(),
  worker: z.string().nullable(),
  tier: tierView.nullable(),
  state: z.string(),
  /** When the try was over; null: it goes on. */
  ended_at: z.int().nullable(),
  wait_ms: z.number().nullable(),
  start_ms: z.number().nullable(),
  run_ms: z.number().nullable(),
  timeout_ms: z.number().nullable(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      hint: z.string().nullable(),
    })
    .nullable(),
});

export const taskView = z.object({
  task: taskRowView,
  timeout_ms: z.number().nullable(),
  deadline_ms: z.number().nullable(),
  max_attempts: z.int(),
  cancel_asked: z.boolean(),
  attempts: z.array(attemptView),
  after: z.array(
    z.object({
      task_id: z.string(),
      on: z.string(),
      state: z.string().nullable(),
      title: z.string().nullable(),
    }),
  ),
  dependants: z.array(
    z.object({
      task_id: z.string(),
      on: z.string(),
      state: z.string().nullable(),
      title: z.string().nullable(),
    }),
  ),
  /** JSON as text, cut at `cut_at_bytes`; null: none. Credentials are masked. */
  input: z.string().nullable(),
  value: z.string().nullable(),
  error: attemptView.shape.error,
  /** The end of what it printed. */
  output: z.string().nullable(),
  output_bytes: z.int(),
  cut_at_bytes: z.int(),
  /** Lines for a person: why it waits, or did; where it ran and why; why it was slow. Never empty. */
  why: z.array(z.string()),
  /** Of policies: which expert, how many, with the odds. */
  decisions: z.array(
    z.object({
      at: z.int(),
      attempt: z.int(),
      policy: z.string(),
      version: z.string(),
      choice: z.string(),
      propensity: z.number(),
      alternatives: z.array(
        z.object({
          choice: z.string(),
          propensity: z.number(),
          score: z.number().nullable(),
        }),
      ),
    }),
  ),
});

export const taskIdsView = z.strictObject({
  /** At most 500 at once. */
  task_ids: z.array(z.string().max(64)).min(1).max(500),
});

/** One summary for all: what failed stays selected. */
export const bulkView = z.object({
  done: z.array(z.string()),
  failed: z.array(
    z.object({ task_id: z.string(), code: z.string(), message: z.string() }),
  ),
});

export type TaskRowView = z.infer<typeof taskRowView>;
export type TaskListView = z.infer<typeof taskListView>;
export type TaskFilter = z.infer<typeof taskFilterView>;
export type AttemptView = z.infer<typeof attemptView>;
export type TaskDetailView = z.infer<typeof taskView>;
export type BulkView = z.infer<typeof bulkView>;
