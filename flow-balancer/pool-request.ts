/** What the pool is asked to run for a task: the request, its kind's defaults, and what is left of its deadline. */

import { BalancerError } from "./core/errors.ts";
import type { Env } from "./core/ports.ts";
import type { Lease } from "./core/queue.ts";
import type { LiveTask } from "./live-task.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";
import type { PoolTask } from "./pool/pool-task.ts";

/**
 * Throws DEADLINE_PASSED for one that waited too long, for others or at a gate, to be worth a start.
 * `begins` writes that a task is running: before it does, where it must not run twice.
 */
export function poolRequest(
  { record, lease, terms, dueBy }: LiveTask,
  kind: ReturnType<KindRegistry["get"]>,
  env: Env,
  begins: (lease: Lease) => Promise<boolean>,
): PoolTask {
  const deadlineMs = dueBy === null ? null : Math.ceil(dueBy - env.mono());
  if (deadlineMs !== null && deadlineMs <= 0)
    throw new BalancerError(
      "DEADLINE_PASSED",
      `its deadline of ${record.deadlineMs} ms passed before it could be given to the pool; it never started`,
      {
        hint: "It waited for other tasks, or for its turn in its batch; give it a longer deadline_ms.",
      },
    );
  const task = {
    id: lease.id,
    kind: kind.pool,
    attempt: lease.attempt,
    inputJson: record.inputJson,
    session: record.session,
    priority: record.priority,
    timeoutMs: record.timeoutMs ?? kind.timeoutMs,
    deadlineMs,
  };
  return terms.runsOnce ? { ...task, mayStart: () => begins(lease) } : task;
}
