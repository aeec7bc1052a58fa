/** What the pool is asked to run for a task: the request, its kind's defaults, and what is left of its deadline. */

import { BalancerError } from "./core/errors.ts";
import type { MonoMs } from "./core/time.ts";
import type { TaskRequest } from "./core/task.ts";
import type { LiveTask } from "./live-task.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";
import type { PoolTask } from "./pool/pool-task.ts";

/** Throws DEADLINE_PASSED for one that waited too long, for others or at a gate, to be worth a start. */
export function poolRequest(
  { lease, dueBy }: LiveTask,
  request: TaskRequest,
  kind: ReturnType<KindRegistry["get"]>,
  now: MonoMs,
): PoolTask {
  const deadlineMs = dueBy === null ? null : Math.ceil(dueBy - now);
  if (deadlineMs !== null && deadlineMs <= 0)
    throw new BalancerError(
      "DEADLINE_PASSED",
      `its deadline of ${request.deadlineMs} ms passed before it could be given to the pool; it never started`,
      {
        hint: "It waited for other tasks, or for its turn in its batch; give it a longer deadline_ms.",
      },
    );
  return {
    id: lease.id,
    kind: kind.pool,
    attempt: lease.attempt,
    inputJson: request.inputJson,
    session: request.session,
    priority: request.priority,
    timeoutMs: request.timeoutMs ?? kind.timeoutMs,
    deadlineMs,
  };
}
