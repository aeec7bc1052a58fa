import { afterAll, afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { until } from "../support/until.ts";
import { sdkClients } from "../support/sdk-clients.ts";

setDefaultTimeout(30_000);

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER = "00f067aa0ba902b7";
const TRACEPARENT = `00-${TRACE}-${CALLER}-01`;

const WHICH = `import { defineTask } from "flow-balancer/task";
const input = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
export default defineTask({ kind: "which", input, run: (_, ctx) => ctx.traceparent });`;
const FILES = {
  "flow-balancer.toml": `[kinds.which]\nmodule = "./which.ts"\n`,
  "which.ts": WHICH,
};

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: { readonly code?: number };
}

/** Takes spans as a collector does. */
const spans: SentSpan[] = [];
const collector = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    // oxlint-disable-next-line typescript/no-explicit-any
    const body: any = await request.json();
    for (const resource of body.resourceSpans)
      for (const scope of resource.scopeSpans) spans.push(...scope.spans);
    return Response.json({});
  },
});
afterAll(() => collector.stop(true));
afterEach(() => void spans.splice(0));

const connect = sdkClients(afterAll);
const OTEL = {
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`,
};
const withTrace = {
  kind: "shell",
  input: { argv: ["sh", "-c", 'printf %s "$TRACEPARENT"'] },
};

// oxlint-disable-next-line typescript/no-explicit-any
type Answer = any;
const call = async (
  { client }: Awaited<ReturnType<typeof connect>>,
  args: object,
  traceparent?: string,
): Promise<Answer> => {
  const answer = await client.callTool({
    name: "run_task",
    arguments: { ...args },
    ...(traceparent !== undefined && { _meta: { traceparent } }),
  });
  return (answer as Answer).structuredContent;
};

test("a task's code and a command are given the caller's trace; without one, none", async () => {
  const sdk = await connect("v2", { files: FILES });
  const which = { kind: "which", input: {} };
  expect((await call(sdk, which, TRACEPARENT)).value).toBe(TRACEPARENT);
  expect((await call(sdk, withTrace, TRACEPARENT)).value.stdout).toBe(
    TRACEPARENT,
  );
  expect((await call(sdk, which)).value).toBeNull();
  expect((await call(sdk, withTrace)).value.stdout).toBe("");
  expect((await call(sdk, which, "00-nonsense")).value).toBeNull();
});

test("with a collector each task is a span of the caller's trace, with its three clocks in it", async () => {
  const sdk = await connect("v1", { files: FILES, env: OTEL });
  const done = await call(sdk, { kind: "which", input: {} }, TRACEPARENT);
  const failed = await call(sdk, {
    kind: "shell",
    input: { argv: ["sh", "-c", "exit 3"] },
  });
  expect(failed.status).toBe("failed");
  await sdk.client.close();
  await until("the spans are sent", () => spans.length >= 8);
  const task = spans.find(({ name }) => name === "task which")!;
  expect(task).toMatchObject({ traceId: TRACE, parentSpanId: CALLER });
  expect(done.value).toBe(`00-${TRACE}-${task.spanId}-01`);
  const clocks = spans.filter(
    ({ parentSpanId }) => parentSpanId === task.spanId,
  );
  expect(clocks.map(({ name }) => name).toSorted()).toEqual([
    "run",
    "start",
    "wait",
  ]);
  const lasted = ({ startTimeUnixNano, endTimeUnixNano }: SentSpan): number =>
    Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6;
  const run = clocks.find(({ name }) => name === "run")!;
  expect(Math.abs(lasted(run) - done.run_ms)).toBeLessThanOrEqual(1);
  const other = spans.find(({ name }) => name === "task shell")!;
  expect(other.traceId).not.toBe(TRACE);
  expect(other.status?.code).toBe(2);
});

test("a long input goes to its worker with its trace as well", async () => {
  const sdk = await connect("v2", { files: FILES, env: OTEL });
  const input = { text: "x".repeat(2_000) };
  const done = await call(
    sdk,
    { kind: "which", input, timeout_ms: 5_000 },
    TRACEPARENT,
  );
  expect(done.status).toBe("completed");
  expect(done.value).toStartWith(`00-${TRACE}-`);
});
