/** Made-up rows of the task list. */

import type { TaskRowView } from "../../../monitoring/api/task-views.ts";

/** `seq` also makes the id. */
export const taskRow = (
  seq: number,
  more: Partial<TaskRowView> = {},
): TaskRowView => ({
  task_id: `t${seq}`,
  seq,
  kind: "shell",
  state: "queued",
  title: null,
  session: null,
  queue: "pool",
  priority: 0,
  attempt: 1,
  submitted_at: 1000 * seq,
  started_at: null,
  settled_at: null,
  tier: null,
  worker: null,
  holder: null,
  wait_ms: null,
  start_ms: null,
  run_ms: null,
  error_code: null,
  ...more,
});
