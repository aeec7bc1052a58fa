/** Several tasks in one transaction, or none of them: what can run of them is claimed from the store, as if it had been found there. */

import type {
  NamedRequest,
  Submission,
  SubmitOptions,
  TaskObserver,
} from "./core/engine.ts";
import type { EventSink } from "./core/events.ts";
import type { HolderId } from "./core/ids.ts";
import type { TaskQueue } from "./core/queue.ts";
import type { TaskRecord } from "./core/task.ts";
import { LiveTask } from "./live-task.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";
import { termsFor } from "./task-terms.ts";

interface Parts {
  readonly queue: Pick<TaskQueue, "add">;
  readonly kinds: KindRegistry;
  readonly holder: HolderId;
  readonly maxOutputChars: number;
  readonly events?: EventSink | undefined;
}

interface Desk {
  /** A new task, which nobody holds yet. */
  expect(live: LiveTask): Submission;
  /** One whose idempotency key was seen before. */
  join(task: TaskRecord, observer: TaskObserver | undefined): Submission;
}

/** In the order asked. Throws what `TaskQueue.add` throws. */
export async function submitTogether(
  asked: readonly NamedRequest[],
  { terms, observer }: SubmitOptions,
  { queue, kinds, holder, maxOutputChars, events }: Parts,
  desk: Desk,
): Promise<readonly Submission[]> {
  const tasks = asked.map(({ id, request }) => {
    const kind = kinds.get(request.kind);
    const own = termsFor(request, terms, kind, holder);
    return { id, request, terms: { ...own, holder: null } };
  });
  const recorded = await queue.add(tasks);
  return recorded.map((task, at) => {
    const fresh = tasks[at];
    if (task.id !== fresh?.id) return desk.join(task, observer);
    const { trace = null } = fresh.request;
    events?.({ type: "task.submitted", kind: task.kind });
    const live = new LiveTask(task, fresh.terms, maxOutputChars, trace);
    live.listen(observer);
    return desk.expect(live);
  });
}
