/** Cancels or retries tasks and says how it went in one toast, with the way back. */

import type { BulkView } from "../api/task-views.ts";
import { postJson } from "./api.ts";
import { toast, toastFailure } from "./components/toast.tsx";

export type TaskAction = "cancel" | "retry";

const DONE = { cancel: "Cancelled", retry: "Queued again" } as const;
const BACK = { cancel: "retry", retry: "cancel" } as const;

const tasks = (n: number): string => (n === 1 ? "1 task" : `${n} tasks`);

/** Returns the ids it failed for. Throws nothing: a failure becomes a toast. */
export async function actOnTasks(
  action: TaskAction,
  ids: readonly string[],
): Promise<readonly string[]> {
  try {
    const { done, failed } = await send(action, ids);
    toast({
      text: summaryOf(action, done.length, failed),
      tone: done.length === 0 ? "bad" : "plain",
      ...(done.length > 0 && { undo: () => takeBack(action, done) }),
    });
    return failed.map(({ task_id }) => task_id);
  } catch (error) {
    toastFailure(`Could not ${action}`, error);
    return ids;
  }
}

const send = (action: TaskAction, ids: readonly string[]): Promise<BulkView> =>
  postJson<BulkView>(`tasks/${action}`, { task_ids: ids });

/** A cancelled task is queued again, from its beginning; one that was queued again is cancelled. */
async function takeBack(
  action: TaskAction,
  ids: readonly string[],
): Promise<void> {
  const back = BACK[action];
  const { done, failed } = await send(back, ids);
  toast({ text: summaryOf(back, done.length, failed) });
}

function summaryOf(
  action: TaskAction,
  done: number,
  failed: BulkView["failed"],
): string {
  const said = done === 0 ? "" : `${DONE[action]}: ${tasks(done)}.`;
  if (failed.length === 0) return said;
  const reasons = [...new Set(failed.map(({ message }) => message))];
  const more = reasons.length > 1 ? " (and other reasons)" : "";
  return `${said} ${tasks(failed.length)} stayed as before: ${reasons[0] ?? "no reason given"}${more}`.trim();
}
