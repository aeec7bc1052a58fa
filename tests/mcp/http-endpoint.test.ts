import { describe, expect, test } from "bun:test";
import { ADDRESS, endpoint, initialize, post } from "./http-requests.ts";

describe("who may call", () => {
  test.each([
    ["a foreign Host", { host: "evil.example.com" }],
    ["a Host that only begins like ours", { host: "127.0.0.1.evil.example" }],
    ["a foreign Origin", { origin: "http://evil.example.com" }],
    ["an opaque Origin", { origin: "null" }],
    [
      "a page on another port of this machine",
      { origin: "http://127.0.0.1:1" },
    ],
  ])("%s gets 403", async (_name, headers: Record<string, string>) => {
    const response = await endpoint().fetch(post(initialize, headers));
    expect(response.status).toBe(403);
    expect(response.headers.get("mcp-session-id")).toBeNull();
  });

  test("its own origin may, and one that is allowed by name", async () => {
    const at = endpoint({ origins: ["http://localhost:6274"] });
    for (const origin of ["http://127.0.0.1:4000", "http://localhost:6274"])
      expect((await at.fetch(post(initialize, { origin }))).status).toBe(200);
  });
});

describe("what may come", () => {
  test.each([
    ["text that is not JSON", "{nope", {}, 400, -32700],
    ["nothing", "", {}, 400, -32700],
    ["a batch", [initialize], {}, 400, -32600],
    ["a fraction for an id", { ...initialize, id: 1.5 }, {}, 400, -32600],
    ["a list for params", { ...initialize, params: [] }, {}, 400, -32602],
    ["plain text", initialize, { "content-type": "text/plain" }, 415, -32000],
    ["more than 4 MiB", "x".repeat(4_194_305), {}, 413, -32000],
  ])(
    "%s is refused",
    async (_name, body, headers: Record<string, string>, status, code) => {
      const response = await endpoint().fetch(post(body, headers));
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ error: { code } });
    },
  );

  test("bytes that are not UTF-8 are not JSON", async () => {
    const request = new Request(ADDRESS, {
      method: "POST",
      headers: { host: "127.0.0.1:4000", "content-type": "application/json" },
      body: new Uint8Array([0x22, 0xff, 0x22]),
    });
    const response = await endpoint().fetch(request);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: -32700 } });
  });

  test("a body without a length is cut off at the limit", async () => {
    let pulled = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(1_048_576));
      },
    });
    const request = new Request(ADDRESS, {
      method: "POST",
      headers: { host: "127.0.0.1:4000", "content-type": "application/json" },
      body,
    });
    expect((await endpoint().fetch(request)).status).toBe(413);
    expect(pulled).toBeLessThan(10);
  });

  test("other methods are refused", async () => {
    const request = new Request(ADDRESS, {
      method: "PUT",
      headers: { host: "127.0.0.1:4000" },
    });
    const response = await endpoint().fetch(request);
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toContain("POST");
  });
});
