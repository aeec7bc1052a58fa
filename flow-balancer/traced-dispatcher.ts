/** A dispatcher whose tasks carry their caller's trace, and are spans of it where a tracer is given. */

import { currentTrace } from "./call-trace.ts";
import type { NamedRequest, Submission, SubmitOptions } from "./core/engine.ts";
import type { TaskRecord, TaskRequest } from "./core/task.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { DispatcherOptions } from "./dispatcher-options.ts";
import type {
  TaskTrace,
  TaskTracer,
} from "../monitoring/tracing/task-tracer.ts";

export class TracedDispatcher extends Dispatcher {
  readonly #tracer: Pick<TaskTracer, "begin"> | null;

  /** `tracer` null: traces are handed on, and nothing is recorded. */
  constructor(
    options: DispatcherOptions,
    tracer: Pick<TaskTracer, "begin"> | null,
  ) {
    super(options);
    this.#tracer = tracer;
  }

  override submit(
    request: TaskRequest,
    options?: SubmitOptions,
  ): Promise<Submission> {
    const caller = currentTrace();
    // Nearly always neither: nothing is made for it then.
    if (caller === null && this.#tracer === null)
      return super.submit(request, options);
    const span = this.#tracer?.begin(request, caller?.traceparent ?? null);
    const submitting = super.submit(
      { ...request, trace: span ?? caller },
      options,
    );
    if (span !== undefined)
      follow(
        submitting.then(({ done }) => done),
        span,
      );
    return submitting;
  }

  override submitAll(
    asked: readonly NamedRequest[],
    options?: SubmitOptions,
  ): Promise<readonly Submission[]> {
    const caller = currentTrace();
    if (caller === null && this.#tracer === null)
      return super.submitAll(asked, options);
    const spans = asked.map(
      ({ request }) =>
        this.#tracer?.begin(request, caller?.traceparent ?? null) ?? null,
    );
    const submitting = super.submitAll(
      asked.map(({ id, request }, at) => ({
        id,
        request: { ...request, trace: spans[at] ?? caller },
      })),
      options,
    );
    submitting.then(
      (all) => {
        for (const [at, task] of all.entries()) {
          const span = spans[at];
          if (span) follow(task.done, span);
        }
      },
      (thrown: unknown) => {
        for (const span of spans) span?.failed(thrown);
      },
    );
    return submitting;
  }
}

/** Observes only: what goes wrong is its caller's to hear. */
const follow = (done: Promise<TaskRecord>, span: TaskTrace): void =>
  void done.then(
    (record) => span.ended(record),
    (thrown: unknown) => span.failed(thrown),
  );
