/** `flow-balancer tasks cancel` and `retry`: what anybody may want of a task, of the board or of the pool. */

import { type Answer, EXIT } from "../commands/answer.ts";
import { BalancerError, wireError } from "../core/errors.ts";
import type { TaskId } from "../core/ids.ts";
import { printableJson } from "../core/printable.ts";
import type { TaskQueue } from "../core/queue.ts";
import { quoted } from "../core/quoted.ts";
import { holderName } from "./holder-name.ts";
import { withBoard } from "./open-board.ts";
import type { Where } from "./read-store.ts";

export interface SteerOptions {
  readonly as?: string;
  readonly reason?: string;
  readonly json?: true;
}

/** `cancelled`; or `asked`, where somebody has it and was asked to end it. Throws NOT_FOUND or ALREADY_FINISHED. */
export async function tasksCancel(
  id: string,
  { as, reason, json }: SteerOptions,
  where: Where,
): Promise<Answer> {
  const by = holderName(as, where.around.env);
  const error = wireError(
    "CANCELLED",
    reason ?? `cancelled by ${by}`,
    `'flow-balancer tasks retry' puts it back into the queue.`,
  );
  const answer = await withBoard(
    where,
    { create: false },
    async ({ queue }) => {
      const said = await queue.cancel(id as TaskId, error);
      if (said === null) throw noSuchTask(id);
      if (said === "ended") throw await hasEnded(queue, id);
      return said;
    },
  );
  return json === true
    ? { data: printableJson({ schema: 1, task_id: id, answer }) }
    : {
        data: answer,
        notes:
          answer === "asked"
            ? [
                "Its holder was asked to end it, and hears of it with its next heartbeat.",
              ]
            : [],
      };
}

/** Throws NOT_FOUND, or ALREADY_FINISHED for one that completed or has not ended. */
export async function tasksRetry(
  id: string,
  { json }: SteerOptions,
  where: Where,
): Promise<Answer> {
  await withBoard(where, { create: false }, async ({ queue }) => {
    if (await queue.redrive(id as TaskId)) return;
    const task = await queue.get(id as TaskId);
    if (task === null) throw noSuchTask(id);
    throw new BalancerError(
      "ALREADY_FINISHED",
      `${quoted(id)} cannot be tried again: it is ${task.state}`,
      { hint: "What can be is a task that ended other than completed." },
    );
  });
  return {
    data:
      json === true
        ? printableJson({ schema: 1, task_id: id, state: "queued" })
        : "queued",
    exitCode: EXIT.ok,
  };
}

const noSuchTask = (id: string): BalancerError =>
  new BalancerError("NOT_FOUND", `there is no task ${quoted(id)}`, {
    hint: "'flow-balancer tasks list' shows those there are.",
  });

async function hasEnded(queue: TaskQueue, id: string): Promise<BalancerError> {
  const task = await queue.get(id as TaskId);
  return new BalancerError(
    "ALREADY_FINISHED",
    `${quoted(id)} has ended: ${task?.state ?? "and was archived"}`,
  );
}
