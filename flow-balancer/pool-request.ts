/** What the pool is asked to run for a task: the request, how long it may run, and what is left of its deadline. */

import { BalancerError } from "./core/errors.ts";
import type { Env } from "./core/ports.ts";
import type { Lease } from "./core/queue.ts";
import type { RunLimit } from "./core/run-limit.ts";
import type { LiveTask } from "./live-task.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";
import type { PoolTask } from "./pool/pool-task.ts";

type Kind = ReturnType<KindRegistry["get"]>;
export type LimitFor = (kind: string, bucket: string) => RunLimit;

/** What a person said always wins: of the task, then of its kind. Then what was learned, if anything is, by the time it runs. */
function limitsOf(
  live: LiveTask,
  { timeoutMs, hasOwnTimeout }: Kind,
  limitFor: LimitFor | null,
): Pick<PoolTask, "timeoutMs" | "maxTimeoutMs"> {
  const { record } = live;
  const named = record.timeoutMs ?? (hasOwnTimeout ? timeoutMs : null);
  const learned =
    named === null ? limitFor?.(record.kind, live.bucket) : undefined;
  live.limitMs = learned?.softMs ?? named ?? timeoutMs;
  live.limitBasis = learned?.basis ?? (named === null ? "default" : "explicit");
  return learned === undefined
    ? { timeoutMs: live.limitMs }
    : { timeoutMs: learned.softMs, maxTimeoutMs: learned.maxMs };
}

/**
 * Throws DEADLINE_PASSED for one that waited too long, for others or at a gate, to be worth a start.
 * `begins` writes that a task is running: before it does, where it must not run twice.
 */
export function poolRequest(
  live: LiveTask,
  kind: Kind,
  limitFor: LimitFor | null,
  env: Env,
  begins: (lease: Lease) => Promise<boolean>,
): PoolTask {
  const { record, lease, terms, dueBy } = live;
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
    limits: () => limitsOf(live, kind, limitFor),
    deadlineMs,
    trace: live.trace,
  };
  return terms.runsOnce ? { ...task, mayStart: () => begins(lease) } : task;
}
