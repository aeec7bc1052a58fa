import { expect, test } from "bun:test";
import { BalancerError, toWireError } from "../../flow-balancer/core/errors.ts";
import { asProtocolError } from "../../flow-balancer/mcp/refusal.ts";
import { toolError } from "../../flow-balancer/mcp/tool-result.ts";

const full = new BalancerError("QUEUE_FULL", "full", {
  hint: "Wait.",
  retryAfterMs: 70,
});
const closed = new BalancerError("SESSION_CLOSED", "closed");

test("a refused call says when it is worth another try, where that is known", () => {
  expect(toolError(toWireError(full))).toEqual({
    isError: true,
    structuredContent: {
      code: "QUEUE_FULL",
      message: "full",
      hint: "Wait.",
      retryable: true,
      retry_after_ms: 70,
    },
    content: [{ type: "text", text: "QUEUE_FULL: full. Wait." }],
  });
  expect(toolError(toWireError(closed)).structuredContent).toEqual({
    code: "SESSION_CLOSED",
    message: "closed",
    retryable: false,
  });
});

test("so does a refusal outside of a tool, in its data", () => {
  expect(asProtocolError(full).data).toMatchObject({ retry_after_ms: 70 });
  expect(asProtocolError(closed).data).not.toHaveProperty("retry_after_ms");
});
