/** Events of attempts that ended, for whoever counts them. */

import type { TaskSettled } from "../../flow-balancer/core/events.ts";
import { taskId, workerId } from "../../flow-balancer/core/ids.ts";
import type { Execution } from "../../flow-balancer/core/task.ts";

export const execution = (more: Partial<Execution> = {}): Execution => ({
  tier: "warm",
  worker: workerId(1),
  waitMs: 1,
  startMs: 0,
  runMs: 10,
  ...more,
});

export const settled = (more: Partial<TaskSettled> = {}): TaskSettled => ({
  type: "task.settled",
  id: taskId("1"),
  kind: "shell",
  state: "completed",
  attempt: 1,
  again: false,
  execution: execution(),
  limitMs: 1_000,
  limitBasis: "explicit",
  code: null,
  ...more,
});
