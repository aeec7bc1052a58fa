/**
 * Tasks as spans of OpenTelemetry: one a task, from submission to its end, and in it one for each of its
 * three clocks (wait, start, run). Spans are made by hand, since nothing instruments itself on this
 * runtime; where they go is said by the standard OTEL_* variables, and without one of them none of this
 * is loaded.
 */

import {
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { TaskRecord, TaskRequest } from "../../flow-balancer/core/task.ts";
import {
  parseTraceparent,
  traceparentOf,
} from "../../flow-balancer/core/trace-context.ts";

const CLOSE_MS = 1_000;

export interface TaskTrace {
  /** Of the task's span: for the task's own code. */
  readonly traceparent: string;
  ended(record: TaskRecord): void;
  /** It was refused, or its result could not be stored. */
  failed(thrown: unknown): void;
}

export class TaskTracer {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;

  /** `processor`: where spans go; left out: to the collector that OTEL_EXPORTER_OTLP_* names. */
  constructor(version: string, processor: SpanProcessor = toCollector()) {
    const named = resourceFromAttributes({
      "service.name": "flow-balancer",
      "service.version": version,
    });
    this.#provider = new TracerProvider({
      spanProcessors: [processor],
      // What the environment says of the service goes before what it says of itself.
      resource: defaultResource()
        .merge(named)
        .merge(detectResources({ detectors: [envDetector] })),
    });
    this.#tracer = this.#provider.getTracer("flow-balancer", version);
  }

  /** `traceparent`: the caller's; null: the task begins a trace of its own. */
  begin(request: TaskRequest, traceparent: string | null): TaskTrace {
    const parent = parseTraceparent(traceparent);
    const context =
      parent === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            traceId: parent.traceId,
            spanId: parent.spanId,
            traceFlags: parent.flags,
            isRemote: true,
          });
    const span = this.#tracer.startSpan(
      `task ${request.kind}`,
      {
        kind: SpanKind.SERVER,
        attributes: { "flow_balancer.task.kind": request.kind },
      },
      context,
    );
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceparent: traceparentOf({ traceId, spanId, flags: traceFlags }),
      ended: (record) => this.#end(span, record),
      failed: (thrown) => {
        span.setStatus({
          code: SpanStatusCode.ERROR,
          message: thrown instanceof Error ? thrown.message : String(thrown),
        });
        span.end();
      },
    };
  }

  /** Resolves once what was recorded is sent or could not be, after a second at the latest: a collector that is gone must not keep a server from ending. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(resolve, CLOSE_MS);
    await Promise.race([this.#provider.shutdown().catch(() => {}), promise]);
    clearTimeout(late);
  }

  #end(span: Span, record: TaskRecord): void {
    const { execution, result } = record;
    span.setAttributes({
      "flow_balancer.task.id": record.id,
      "flow_balancer.task.state": record.state,
      "flow_balancer.task.attempt": record.attempt,
      ...(record.session !== null && {
        "flow_balancer.session": record.session,
      }),
      ...(execution !== null && {
        "flow_balancer.tier": execution.tier,
        "flow_balancer.worker": execution.worker,
      }),
    });
    if (result !== null && result.status !== "completed") {
      span.setAttribute("error.type", result.error.code);
      span.setStatus({
        code: SpanStatusCode.ERROR,
        message: result.error.message,
      });
    }
    if (execution !== null && record.settledAt !== null)
      this.#clocks(span, execution, record.settledAt);
    span.end();
  }

  /** Backwards from its end: a wall clock was read there, the clocks are lengths. */
  #clocks(
    task: Span,
    { waitMs, startMs, runMs }: NonNullable<TaskRecord["execution"]>,
    settledAt: number,
  ): void {
    const context = trace.setSpan(ROOT_CONTEXT, task);
    let end = settledAt;
    for (const [name, ms] of [
      ["run", runMs],
      ["start", startMs],
      ["wait", waitMs],
    ] as const) {
      this.#tracer
        .startSpan(name, { startTime: new Date(end - ms) }, context)
        .end(new Date(end));
      end -= ms;
    }
  }
}

/** Reads OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS and the like by itself. */
const toCollector = (): SpanProcessor =>
  new BatchSpanProcessor({ exporter: new OTLPTraceExporter() });
