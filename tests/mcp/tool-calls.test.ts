import { describe, expect, test } from "bun:test";
import { Client as ModernClient } from "@modelcontextprotocol/client";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { compileCatalog } from "../../flow-balancer/mcp/compiled-catalog.ts";
import { createServer } from "../../flow-balancer/mcp/server.ts";
import { fixtureEnv } from "../conformance/fixtures/fixture-env.ts";
import { sampleCatalog } from "./sample-catalog.ts";
import { type Message, StdioPair } from "./stdio-pair.ts";

const eras = ["legacy", "modern"] as const;

/** A server of whichever era the client opens with, behind the transport returned. */
function served(): InMemoryTransport {
  const compiled = compileCatalog(sampleCatalog().catalog);
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
  serveStdio(
    ({ era }) =>
      createServer(compiled, {
        era,
        connection: "memory",
        lifetime: "connection",
        env: fixtureEnv,
        onerror: () => undefined,
      }),
    { transport: serverSide },
  );
  return clientSide;
}

async function opened(era: (typeof eras)[number]): Promise<StdioPair> {
  const pair = new StdioPair(sampleCatalog().catalog, era);
  if (era === "legacy") await pair.initialize();
  return pair;
}

describe.each(eras)("tools/call, %s", (era) => {
  test("an unknown tool is a protocol error that names the nearest", async () => {
    const pair = await opened(era);
    expect(await pair.call("ehco")).toMatchObject({
      error: {
        code: -32602,
        message: "unknown tool 'ehco'; did you mean 'echo'?",
      },
    });
    expect((await pair.call("zzzzzzzz")).error.message).toBe(
      "unknown tool 'zzzzzzzz'",
    );
    await pair.close();
  });

  test("every bad argument is named by pointer, in one tool error", async () => {
    const pair = await opened(era);
    const { result } = await pair.call("echo", {
      valeu: 1,
      count: "3",
      options: { loud: "yes", soft: 1 },
    });
    expect(result.isError).toBe(true);
    expect(result.structuredContent).toMatchObject({
      code: "INVALID_ARGUMENT",
      retryable: false,
      hint: expect.any(String),
    });
    const { message } = result.structuredContent;
    expect(message).toContain(
      "/valeu: unknown argument; did you mean 'value'?",
    );
    expect(message).toContain("/count: ");
    expect(message).toContain("/options/loud: ");
    expect(message).toContain("/options/soft: unknown argument");
    expect(result.content[0].text).toContain(message);
    await pair.close();
  });

  test("a missing argument is called required", async () => {
    const pair = await opened(era);
    const { result } = await pair.call("count_up");
    expect(result.structuredContent.message).toBe("/to: required");
    await pair.close();
  });

  test.each([-1, 0, 11, 2 ** 40])(
    "%d for a count is out of range",
    async (count) => {
      const pair = await opened(era);
      const { result } = await pair.call("echo", { value: 1, count });
      expect(result.structuredContent).toMatchObject({
        code: "OUT_OF_RANGE",
        message: expect.stringContaining(`got ${count}`),
      });
      await pair.close();
    },
  );

  test("keys that reach a prototype are forbidden, wherever they stand", async () => {
    const pair = await opened(era);
    for (const key of ["__proto__", "constructor", "prototype"]) {
      const answer = pair.next((message) => message.id === key);
      pair.write(
        `${JSON.stringify({
          jsonrpc: "2.0",
          id: key,
          method: "tools/call",
          params: {
            name: "echo",
            arguments: { value: [{ KEY: 1 }] },
            ...(era === "modern" && {
              _meta: {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
              },
            }),
          },
        }).replace("KEY", key)}\n`,
      );
      expect((await answer).result.structuredContent).toMatchObject({
        code: "FORBIDDEN_KEY",
        message: expect.stringContaining("/value/0"),
      });
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
    await pair.close();
  });

  test("arguments nested 65 deep are too deep, 64 are not", async () => {
    const pair = await opened(era);
    const nested = (depth: number): unknown =>
      depth === 0 ? 1 : [nested(depth - 1)];
    const deep = await pair.call("echo", { value: nested(64) });
    expect(deep.result.structuredContent.code).toBe("INPUT_TOO_DEEP");
    const fits = await pair.call("echo", { value: nested(63) });
    expect(fits.result.isError).toBeUndefined();
    await pair.close();
  });

  test("a refusal keeps its code, hint and whether to try again", async () => {
    const pair = await opened(era);
    expect((await pair.call("refuse")).result).toMatchObject({
      isError: true,
      structuredContent: {
        code: "QUEUE_FULL",
        message: "5 tasks wait, the most allowed is 5",
        hint: "Try again in 100 ms.",
        retryable: true,
      },
    });
    await pair.close();
  });

  test("a defect is INTERNAL and shows no stack", async () => {
    const pair = await opened(era);
    const { result } = await pair.call("crash");
    expect(result.structuredContent.code).toBe("INTERNAL");
    expect(JSON.stringify(result)).not.toContain("sample-catalog");
    await pair.close();
  });

  test("a cancelled call stops and is not answered", async () => {
    const pair = await opened(era);
    void pair.request("tools/call", { name: "wait", arguments: {} });
    const id = era === "legacy" ? 2 : 1;
    pair.notify("notifications/cancelled", { requestId: id });
    expect(await pair.call("echo", { value: 1 })).toHaveProperty("result");
    expect(pair.received.filter((m: Message) => m.id === id)).toEqual([]);
    await pair.close();
  });
});

describe("tools/list", () => {
  test("schemas refuse unknown keys, and only legacy clients see task support", async () => {
    const [legacy, modern] = await Promise.all(eras.map(opened));
    const listed = await Promise.all(
      [legacy, modern].map((pair) => pair?.request("tools/list")),
    );
    for (const { result } of listed)
      for (const tool of result.tools)
        expect(tool.inputSchema).toMatchObject({
          type: "object",
          additionalProperties: false,
        });
    const support = (answer: Message): unknown =>
      answer.result.tools.find((tool: Message) => tool.name === "only_task")
        .execution;
    expect(support(listed[0])).toEqual({ taskSupport: "required" });
    expect(support(listed[1])).toBeUndefined();
    expect(listed[1].result).toMatchObject({
      ttlMs: 3_600_000,
      cacheScope: "public",
    });
    await Promise.all([legacy?.close(), modern?.close()]);
  });

  test("it is the same each time, in the catalog's order", async () => {
    const pair = await opened("modern");
    const first = await pair.request("tools/list");
    const second = await pair.request("tools/list");
    expect(second.result).toEqual(first.result);
    expect(first.result.tools.map((tool: Message) => tool.name)).toEqual(
      sampleCatalog().catalog.tools.map((tool) => tool.name),
    );
    await pair.close();
  });
});

describe("with the SDK's own clients", () => {
  test("a 1.x client calls, and an error passes its check of the output schema", async () => {
    const client = new LegacyClient({ name: "v1", version: "1" });
    await client.connect(served() as never);
    await client.listTools();
    const good = await client.callTool({
      name: "echo",
      arguments: { value: [1] },
    });
    expect(good.structuredContent).toEqual({ value: [1], count: 1 });
    const bad = await client.callTool({ name: "refuse", arguments: {} });
    expect(bad).toMatchObject({ isError: true });
    await client.close();
  });

  test("a 2.x client of the modern era does the same", async () => {
    const client = new ModernClient(
      { name: "v2", version: "1" },
      { versionNegotiation: { mode: { pin: "2026-07-28" } } },
    );
    await client.connect(served() as never);
    const good = await client.callTool({
      name: "echo",
      arguments: { value: [1] },
    });
    expect(good.structuredContent).toEqual({ value: [1], count: 1 });
    const bad = await client.callTool({ name: "refuse", arguments: {} });
    expect(bad).toMatchObject({ isError: true });
    await client.close();
  });
});
