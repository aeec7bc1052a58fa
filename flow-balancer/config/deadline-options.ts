/** Within what limits the limits of runs are learned, as settings say it. */

import type { LearningConfig, TasksConfig } from "./shape.ts";

/** Times in ms. A server and a command that looks at what it learned have to agree on them. */
export const deadlineOptions = (
  { missesPerThousand, minTimeoutMs, maxTimeoutMs }: LearningConfig,
  { timeoutMs }: Pick<TasksConfig, "timeoutMs">,
) => ({
  missesPerThousand,
  minMs: minTimeoutMs,
  maxMs: maxTimeoutMs,
  defaultMs: timeoutMs,
});
