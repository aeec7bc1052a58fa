/** Queue engines with a guard taken out: what the simulation must notice, lest its silence mean nothing. */

import type { Lease, TaskQueue } from "../../flow-balancer/core/queue.ts";
import type { Spoil } from "./queue-simulation.ts";

/** With `settle` and `retry` under another lease than was named. */
const withLease = (
  queue: TaskQueue,
  other: (lease: Lease) => Lease,
): TaskQueue =>
  new Proxy(queue, {
    get(target, name: keyof TaskQueue) {
      if (name === "settle" || name === "retry")
        return (...[lease, settlement]: Parameters<TaskQueue["settle"]>) =>
          target[name](other(lease), settlement);
      return (target[name] as (...of: never[]) => unknown).bind(target);
    },
  });

/** With something done first, each time it is asked for one thing. */
const before = (
  queue: TaskQueue,
  verb: keyof TaskQueue,
  first: () => void,
): TaskQueue =>
  new Proxy(queue, {
    get(target, name: keyof TaskQueue) {
      const method = target[name] as (...of: never[]) => unknown;
      return (...of: never[]) => {
        if (name === verb) first();
        return method.apply(target, of);
      };
    },
  });

/** What must not run twice is run again when its holder died. */
export const careless: Spoil = (queue, { raw }) => {
  const forget = raw.prepare("UPDATE tasks SET runs_once = 0");
  return before(queue, "reclaim", () => void forget.run());
};

/** Answers that a task is recorded, and keeps no task that nobody holds beyond the next one. */
export const forgetful: Spoil = (queue, { raw }) => {
  const lose = raw.prepare(
    "DELETE FROM tasks WHERE holder IS NULL AND state = 'queued'",
  );
  return before(queue, "record", () => void lose.run());
};

/** Takes no notice of leases that ran out, nor of times that came. */
export const sleepy: Spoil = (queue) =>
  new Proxy(queue, {
    get(target, name: keyof TaskQueue) {
      if (name === "sweep") return async () => ({ expired: 0, due: 0 });
      return (target[name] as (...of: never[]) => unknown).bind(target);
    },
  });

/** Whoever says how a task ended is believed, as long as it has not ended. */
export const fenceless: Spoil = (queue, { raw }) => {
  const fence = raw.prepare<{ fence: number }, [string]>(
    "SELECT fence FROM tasks WHERE id = ?",
  );
  return withLease(queue, (lease) => ({
    ...lease,
    fence: fence.get(lease.id)?.fence ?? lease.fence,
  }));
};

/** Whoever comes last is right. */
export const unguarded: Spoil = (queue, { raw }) => {
  const reopen = raw.prepare<never, [number, string]>(
    "UPDATE tasks SET state = 'running', holder = coalesce(holder, 'anybody'), fence = ? WHERE id = ?",
  );
  return withLease(queue, (lease) => {
    reopen.run(lease.fence, lease.id);
    return lease;
  });
};
