import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type HttpServer, startHttpServer } from "../benchmarks/http-server.ts";

const VERSION = "2026-07-28";
const MAX_BODY_BYTES = 4_194_304;

let root: string;
let server: HttpServer;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "flow-balancer-serve-"));
  server = await startHttpServer(root, {
    PATH: process.env["PATH"],
    HOME: root,
    FLOW_BALANCER_HOME: root,
  });
});

afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true, force: true });
});

const listTools = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/list",
  params: {
    _meta: {
      "io.modelcontextprotocol/protocolVersion": VERSION,
      "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  },
});

const post = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
) =>
  fetch(server.url, {
    method: "POST",
    body,
    decompress: false,
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json, text/event-stream",
      "MCP-Protocol-Version": VERSION,
      "MCP-Method": "tools/list",
      ...headers,
    },
  } as RequestInit);

const unpack = {
  gzip: (bytes: Uint8Array) => gunzipSync(bytes).toString(),
  zstd: (bytes: Uint8Array) => Bun.zstdDecompressSync(bytes).toString(),
} as const;

test.each(["gzip", "zstd"] as const)(
  "a list of tools is asked for and answered in %s, and says what it says plain",
  async (coding) => {
    const plain = await post(listTools, { "Accept-Encoding": "identity" });
    expect(plain.headers.get("content-encoding")).toBeNull();
    const text = await plain.text();
    const body =
      coding === "gzip"
        ? Bun.gzipSync(listTools)
        : Uint8Array.from(Bun.zstdCompressSync(listTools));
    const packed = await post(body, {
      "Accept-Encoding": coding,
      "Content-Encoding": coding,
    });
    expect(packed.headers.get("content-type")).toStartWith("application/json");
    expect(packed.headers.get("content-encoding")).toBe(coding);
    expect(packed.headers.get("vary")).toContain("Accept-Encoding");
    const bytes = await packed.bytes();
    expect(unpack[coding](bytes)).toBe(text);
    expect(bytes.length).toBeLessThan(text.length / 2);
    expect(text).toContain("run_task");
  },
);

test("the events of a session come as they are", async () => {
  const initialize = {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "test", version: "1" },
    },
  };
  const response = await fetch(server.url, {
    method: "POST",
    body: JSON.stringify(initialize),
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json, text/event-stream",
      "Accept-Encoding": "zstd, gzip",
    },
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(response.headers.get("content-encoding")).toBeNull();
  expect(await response.text()).toContain("protocolVersion");
});

test("a body that becomes longer than the limit, and one in another coding, are refused", async () => {
  const zeros = Uint8Array.from(
    Bun.gzipSync(new Uint8Array(MAX_BODY_BYTES + 1)),
  );
  const tooLong = await post(zeros, { "Content-Encoding": "gzip" });
  expect(tooLong.status).toBe(413);
  const unknown = await post("text", { "Content-Encoding": "br" });
  expect(unknown.status).toBe(415);
});
