/** Traces where the environment asks for them by the standard variables of OpenTelemetry; none of their code is loaded where it does not. */

import packageJson from "../package.json" with { type: "json" };
import type { TaskTracer } from "../monitoring/tracing/task-tracer.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Null: nobody asked, or somebody said no. */
export async function openTracer(
  environment: Environment,
): Promise<TaskTracer | null> {
  if (!asksForTraces(environment)) return null;
  const { TaskTracer } = await import("../monitoring/tracing/task-tracer.ts");
  return new TaskTracer(packageJson.version);
}

/** Any OTEL_* variable asks; OTEL_SDK_DISABLED and OTEL_TRACES_EXPORTER=none say no. */
const asksForTraces = (environment: Environment): boolean =>
  Object.entries(environment).some(
    ([name, value]) => name.startsWith("OTEL_") && value,
  ) &&
  environment["OTEL_SDK_DISABLED"]?.toLowerCase() !== "true" &&
  environment["OTEL_TRACES_EXPORTER"]?.toLowerCase() !== "none";
