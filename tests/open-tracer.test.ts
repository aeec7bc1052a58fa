import { expect, test } from "bun:test";
import { openTracer } from "../flow-balancer/open-tracer.ts";

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" };

test.each([
  {},
  { OTEL_SERVICE_NAME: "" },
  { HOTEL_ENDPOINT: "x" },
  { ...ENDPOINT, OTEL_SDK_DISABLED: "TRUE" },
  { ...ENDPOINT, OTEL_TRACES_EXPORTER: "none" },
])("nobody asks for traces: %j", async (environment) => {
  expect(await openTracer(environment)).toBeNull();
});

test("a variable of the standard asks for them", async () => {
  const tracer = await openTracer({ OTEL_SERVICE_NAME: "mine" });
  expect(tracer).not.toBeNull();
  await tracer?.close();
});
