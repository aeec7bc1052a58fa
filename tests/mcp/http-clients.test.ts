import { describe, expect, test } from "bun:test";
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttp,
} from "@modelcontextprotocol/client";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as LegacyHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { z } from "zod";
import { defineTool } from "../../flow-balancer/mcp/catalog.ts";
import { endpoint } from "./http-requests.ts";
import { sampleCatalog, type Sample } from "./sample-catalog.ts";

describe("over a socket, with the SDK's own clients", () => {
  function serve(sample: Sample): { url: URL; stop: () => Promise<void> } {
    const at = endpoint({}, sample);
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, bun) => at.fetch(request, () => bun.timeout(request, 0)),
    });
    return {
      url: new URL(`http://127.0.0.1:${server.port}/mcp`),
      async stop() {
        await at.close();
        await server.stop(true);
      },
    };
  }

  test("a 1.x client calls, gets progress and hears of changes", async () => {
    const sample = sampleCatalog();
    const { url, stop } = serve(sample);
    const client = new LegacyClient({ name: "v1", version: "1" });
    const heard = Promise.withResolvers<string>();
    client.fallbackNotificationHandler = (notification) => {
      heard.resolve(String(notification.params?.["uri"]));
      return Promise.resolve();
    };
    await client.connect(new LegacyHttp(url) as never);
    const progress: number[] = [];
    await client.callTool(
      { name: "count_up", arguments: { to: 500 } },
      undefined,
      { onprogress: ({ progress: done }) => progress.push(done) },
    );
    expect(progress.at(-1)).toBe(500);
    await client.subscribeResource({ uri: "sample://item/a" });
    sample.touch("sample://item/a");
    expect(await heard.promise).toBe("sample://item/a");
    await client.close();
    await stop();
  });

  test("a modern listener hears of what it asked for, until it goes", async () => {
    const sample = sampleCatalog();
    const { url, stop } = serve(sample);
    const gone = new AbortController();
    const response = await fetch(url, {
      method: "POST",
      signal: gone.signal,
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "subscriptions/listen",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: "s",
        method: "subscriptions/listen",
        params: {
          notifications: { resourceSubscriptions: ["sample://item/a"] },
          _meta: {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
          },
        },
      }),
    });
    let heard = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      heard += decoder.decode(chunk, { stream: true });
      if (heard.includes("resources/updated")) break;
      sample.touch("sample://item/b");
      sample.touch("sample://item/a");
    }
    gone.abort();
    expect(heard).toContain("notifications/subscriptions/acknowledged");
    expect(heard).toContain("sample://item/a");
    expect(heard).not.toContain("sample://item/b");
    await stop();
  });

  test("a modern client that hangs up cancels its call", async () => {
    const cancelled = Promise.withResolvers<void>();
    const waiter = defineTool({
      name: "hold",
      title: "Hold",
      description: "Holds the line until the caller hangs up",
      input: z.object({}),
      async run(_input, call) {
        call.progress?.(1);
        await new Promise((resolve) =>
          call.signal.addEventListener("abort", resolve, { once: true }),
        );
        cancelled.resolve();
        return { content: [] };
      },
    });
    const { url, stop } = serve(sampleCatalog([waiter]));
    const client = new ModernClient(
      { name: "v2", version: "1" },
      { versionNegotiation: { mode: { pin: "2026-07-28" } } },
    );
    await client.connect(new ModernHttp(url));
    const hangUp = new AbortController();
    const call = client.callTool(
      { name: "hold", arguments: {} },
      { signal: hangUp.signal, onprogress: () => hangUp.abort() },
    );
    await expect(call).rejects.toThrow();
    await cancelled.promise;
    await client.close();
    await stop();
  });

  test("a 2.x client of the modern era calls and gets progress", async () => {
    const { url, stop } = serve(sampleCatalog());
    const client = new ModernClient(
      { name: "v2", version: "1" },
      { versionNegotiation: { mode: { pin: "2026-07-28" } } },
    );
    await client.connect(new ModernHttp(url));
    const progress: number[] = [];
    const result = await client.callTool(
      { name: "count_up", arguments: { to: 500 } },
      { onprogress: ({ progress: done }) => progress.push(done) },
    );
    expect(result.content).toEqual([{ type: "text", text: "counted" }]);
    expect(progress.at(-1)).toBe(500);
    await client.close();
    await stop();
  });
});
