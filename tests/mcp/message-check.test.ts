import { describe, expect, test } from "bun:test";
import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
} from "@modelcontextprotocol/server";
import fc from "fast-check";
import {
  checkMessage,
  MAX_MESSAGE_DEPTH,
} from "../../flow-balancer/mcp/message-check.ts";

const request = { jsonrpc: "2.0", id: 1, method: "ping" };

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

describe("checkMessage", () => {
  test("whatever it passes, the SDK takes for a message too", () => {
    const id = fc.oneof(
      fc.integer(),
      fc.string(),
      fc.constantFrom(null, 1.5, {}),
    );
    const meta = fc.oneof(
      fc.record(
        {
          progressToken: fc.oneof(id, fc.boolean()),
          "io.modelcontextprotocol/related-task": fc.oneof(
            fc.record({ taskId: fc.string() }),
            fc.jsonValue(),
          ),
          other: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
      fc.jsonValue(),
    );
    const params = fc.oneof(
      fc.record({ _meta: meta, x: fc.jsonValue() }, { requiredKeys: [] }),
      fc.jsonValue(),
    );
    const message = fc.record(
      {
        jsonrpc: fc.constantFrom("2.0", "2.0", "2.0", "1.0"),
        id,
        method: fc.oneof(fc.string(), fc.integer()),
        params,
        result: params,
        error: fc.oneof(
          fc.record({
            code: fc.integer(),
            message: fc.string(),
            data: fc.jsonValue(),
          }),
          fc.jsonValue(),
        ),
        extra: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    let passed = 0;
    fc.assert(
      fc.property(message, (value) => {
        const checked = checkMessage(value);
        if (checked.kind !== "message") return;
        passed++;
        expect(
          isJSONRPCRequest(checked.message) ||
            isJSONRPCNotification(checked.message) ||
            isJSONRPCResultResponse(checked.message) ||
            isJSONRPCErrorResponse(checked.message),
        ).toBe(true);
      }),
      { numRuns: 3_000 },
    );
    expect(passed).toBeGreaterThan(100);
  });

  test.each([
    [{ ...request, jsonrpc: "1.0" }, 1, -32600, "jsonrpc"],
    [{ id: 1, method: "ping" }, 1, -32600, "jsonrpc"],
    [{ ...request, id: null }, null, -32600, "id must be"],
    [{ ...request, id: 1.5 }, null, -32600, "a fraction"],
    [{ ...request, id: { a: 1 } }, null, -32600, "an object"],
    [{ jsonrpc: "2.0", id: 7 }, 7, -32600, "method is missing"],
    [{ ...request, method: 3 }, 1, -32600, "method must be a string"],
    [{ ...request, params: [] }, 1, -32602, "params must be an object"],
    [{ ...request, params: { _meta: 3 } }, 1, -32602, "params._meta"],
    [
      { ...request, params: { _meta: { progressToken: true } } },
      1,
      -32602,
      "progressToken",
    ],
    [[request], null, -32600, "batches"],
    [null, null, -32600, "got null"],
    ["ping", null, -32600, "got a string"],
  ])("%j is refused", (value, id, code, words) => {
    expect(checkMessage(value)).toMatchObject({
      kind: "refused",
      id,
      code,
      message: expect.stringContaining(words),
    });
  });

  test("nesting is bounded, however deep it goes", () => {
    const deepest = MAX_MESSAGE_DEPTH - 2;
    expect(
      checkMessage({ ...request, params: { x: nested(deepest) } }).kind,
    ).toBe("message");
    for (const depth of [deepest + 1, 1_000, 200_000])
      expect(
        checkMessage({ ...request, params: { x: nested(depth) } }),
      ).toMatchObject({ kind: "refused", id: 1, code: -32600 });
  });

  test("a broken reply is not answered, or two broken peers would never stop", () => {
    for (const value of [
      { jsonrpc: "2.0", id: null, error: { code: -32700, message: "x" } },
      { jsonrpc: "2.0", id: 1, result: 3 },
      { jsonrpc: "2.0", id: 1, error: "no" },
      { id: 1, result: {} },
    ])
      expect(checkMessage(value).kind).toBe("ignored");
  });

  test("members JSON-RPC does not know are dropped", () => {
    expect(checkMessage({ ...request, extra: 1 })).toEqual({
      kind: "message",
      message: request,
    } as never);
  });
});
