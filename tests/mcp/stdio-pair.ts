/** A server over two in-process streams and the client's ends of them, byte by byte. */

import { PassThrough } from "node:stream";
import type { Catalog } from "../../flow-balancer/mcp/catalog.ts";
import {
  serveOverStdio,
  type StdioEndpoint,
} from "../../flow-balancer/mcp/stdio-endpoint.ts";
import { fixtureEnv } from "../conformance/fixtures/fixture-env.ts";
import { sampleCatalog } from "./sample-catalog.ts";

/** Loose on purpose: tests look into what came, whatever it is. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Message = any;

export class StdioPair {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly errors: Error[] = [];
  readonly endpoint: StdioEndpoint;
  readonly received: Message[] = [];
  #buffer = "";
  #waiting: {
    matches: (message: Message) => boolean;
    resolve: (message: Message) => void;
  }[] = [];
  #nextId = 1;
  #meta: object | null;

  constructor(
    catalog: Catalog = sampleCatalog().catalog,
    era: "legacy" | "modern" = "legacy",
    capabilities: object = {},
  ) {
    this.#meta =
      era === "legacy"
        ? null
        : {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": capabilities,
          };
    this.stdout.on("data", (chunk: Buffer) => this.#read(chunk));
    this.endpoint = serveOverStdio(catalog, {
      stdin: this.stdin,
      stdout: this.stdout,
      env: fixtureEnv,
      onerror: (error) => this.errors.push(error),
    });
  }

  write(bytes: string | Uint8Array): void {
    this.stdin.write(bytes);
  }

  line(value: unknown): void {
    this.write(`${JSON.stringify(value)}\n`);
  }

  notify(method: string, params: object = {}): void {
    this.line({ jsonrpc: "2.0", method, params: this.#withMeta(params) });
  }

  /** The whole answer, `result` or `error`. */
  request(method: string, params: object = {}): Promise<Message> {
    const id = this.#nextId++;
    const answer = this.next((message) => message.id === id && !message.method);
    this.line({ jsonrpc: "2.0", id, method, params: this.#withMeta(params) });
    return answer;
  }

  call(name: string, args: object = {}, params: object = {}): Promise<Message> {
    return this.request("tools/call", { name, arguments: args, ...params });
  }

  /** The first message from now on that matches. */
  next(matches: (message: Message) => boolean = () => true): Promise<Message> {
    return new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }

  async initialize(capabilities: object = {}): Promise<Message> {
    const answer = await this.request("initialize", {
      protocolVersion: "2025-11-25",
      capabilities,
      clientInfo: { name: "test", version: "1" },
    });
    this.notify("notifications/initialized");
    return answer;
  }

  async close(): Promise<void> {
    this.stdin.end();
    await this.endpoint.closed;
  }

  #withMeta(params: object): object {
    if (this.#meta === null) return params;
    const meta = (params as { _meta?: object })._meta;
    return { ...params, _meta: { ...this.#meta, ...meta } };
  }

  #read(chunk: Buffer): void {
    this.#buffer += chunk.toString();
    const lines = this.#buffer.split("\n");
    this.#buffer = lines.pop() ?? "";
    for (const line of lines) {
      const message = JSON.parse(line) as Message;
      this.received.push(message);
      const index = this.#waiting.findIndex(({ matches }) => matches(message));
      if (index >= 0) this.#waiting.splice(index, 1)[0]?.resolve(message);
    }
  }
}
