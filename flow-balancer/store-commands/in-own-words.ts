/** What the board refuses to a command line, with a hint in the command line's own words. */

import { BalancerError, type ErrorCode } from "../core/errors.ts";
import type { HolderId, TaskId } from "../core/ids.ts";

const HINTS: Partial<Record<ErrorCode, (id: TaskId, by: HolderId) => string>> =
  {
    NOT_OWNER: (id, by) =>
      `You are ${by} here; --as NAME says otherwise. 'tasks claim ${id}' makes it yours where nobody has it.`,
    NOT_FOUND: () =>
      "'flow-balancer tasks list --queue board' shows what can be claimed.",
    NOT_PROVEN: () =>
      "Make what does not hold true and say 'tasks done' again; or say 'tasks fail'.",
  };

/** `ask`: what `by` wants of the task. */
export async function inOwnWords<T>(
  id: TaskId,
  by: HolderId,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    if (!(thrown instanceof BalancerError)) throw thrown;
    const hint = HINTS[thrown.code]?.(id, by);
    if (hint === undefined) throw thrown;
    throw new BalancerError(thrown.code, thrown.message, {
      hint,
      cause: thrown,
    });
  }
}
