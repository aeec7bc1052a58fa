/** Whether what a worker says of a job fits what the job is and what was asked. */

import type { Job } from "./job.ts";
import type { JobMessage } from "./worker-channel.ts";

/** A kind is loaded once, so that no task can start its clock again. */
export function isExpected(
  { type }: JobMessage,
  { task, describeOnly }: Job,
  loaded: ReadonlySet<string>,
): boolean {
  if (type === "loaded") return !loaded.has(task.kind.name);
  if (type === "described") return describeOnly;
  if (type === "state") return task.session !== null && !describeOnly;
  return true;
}
