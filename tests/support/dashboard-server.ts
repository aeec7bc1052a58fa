/**
 * The server as a person starts it for its dashboard, in a process and a project of its own: the one-time
 * link that it prints, the token, a real MCP client. `destroy` ends all of it, whatever the test did.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import type { Message } from "./line-client.ts";
import { Place, type PlaceOptions } from "./server-under-test.ts";
import { within } from "./until.ts";

const CLI = fileURLToPath(
  new URL("../../flow-balancer/cli.ts", import.meta.url),
);

export interface DashboardServerOptions extends PlaceOptions {
  /** Before the server's own command; it becomes the server's process. */
  readonly wrap?: readonly string[];
  /** A module that is loaded before the server. */
  readonly preload?: string;
}

export class DashboardServer {
  readonly place: Place;
  readonly #wrap: readonly string[];
  readonly #preload: readonly string[];
  #process: Bun.Subprocess<"ignore", "ignore", "pipe"> | undefined;
  #client: Client | undefined;
  #origin = "";
  #link = "";
  #said = "";

  private constructor(options: DashboardServerOptions) {
    const { wrap = [], preload, ...place } = options;
    this.place = new Place(place);
    this.#wrap = wrap;
    this.#preload = preload === undefined ? [] : ["--preload", preload];
  }

  static async start(
    options: DashboardServerOptions = {},
  ): Promise<DashboardServer> {
    const server = new DashboardServer(options);
    try {
      await server.begin();
    } catch (thrown) {
      server.place.destroy();
      throw thrown;
    }
    return server;
  }

  /** As "http://127.0.0.1:1234". */
  get origin(): string {
    return this.#origin;
  }

  /** Signs a browser in, once. */
  get link(): string {
    return this.#link;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Its home as it sees it, though that may be a disk of its own. */
  get home(): string {
    return `/proc/${this.pid}/root${this.place.home}`;
  }

  get bearer(): { readonly Authorization: string } {
    const file = join(this.home, "http-token");
    return { Authorization: `Bearer ${readFileSync(file, "utf8").trim()}` };
  }

  /** On the port it had before, if it had one. */
  async begin(): Promise<void> {
    const port = this.#origin === "" ? "0" : new URL(this.#origin).port;
    const server = Bun.spawn(
      [
        ...this.#wrap,
        process.execPath,
        ...this.#preload,
        CLI,
        "serve",
        "--http-port",
        port,
      ],
      {
        cwd: this.place.project,
        env: this.place.env,
        stdin: "ignore",
        stdout: "ignore",
        stderr: "pipe",
      },
    );
    this.#process = server;
    this.#said = "";
    const { promise, resolve } = Promise.withResolvers<string>();
    const ended = this.#follow(server.stderr, resolve);
    this.#link = await within("link", Promise.race([promise, ended]));
    // From now on an end is what a test means to happen, or sees otherwise.
    ended.catch(() => {});
    this.#origin = new URL(this.#link).origin;
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  /** SIGKILL: it has no time to say good-bye. */
  async crash(): Promise<void> {
    await this.#client?.close().catch(() => undefined);
    this.#client = undefined;
    this.place.remember(this.pid);
    this.#process?.kill("SIGKILL");
    await this.#process?.exited;
  }

  async get(path: string, headers: object = {}): Promise<Response> {
    return fetch(`${this.origin}${path}`, {
      headers: { ...this.bearer, ...headers },
    });
  }

  async json(path: string): Promise<Message> {
    return await (await this.get(`/api/v1/${path}`)).json();
  }

  async post(path: string, body: object): Promise<Response> {
    return fetch(`${this.origin}/api/v1/${path}`, {
      method: "POST",
      headers: { ...this.bearer, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  /** Calls a tool by MCP over HTTP. Throws what it says if it is an error. */
  async call(name: string, args: object): Promise<Message> {
    const client = (this.#client ??= await this.#connect());
    const { content, isError, structuredContent } = await client.callTool({
      name,
      arguments: { ...args },
    });
    if (isError === true) throw new Error(JSON.stringify(content));
    return structuredContent;
  }

  async destroy(): Promise<void> {
    await this.#client?.close().catch(() => undefined);
    this.place.remember(this.pid);
    this.#process?.kill("SIGKILL");
    await this.#process?.exited;
    this.place.destroy();
  }

  async #connect(): Promise<Client> {
    const client = new Client({ name: "dashboard-test", version: "1" });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${this.origin}/mcp`), {
        requestInit: { headers: this.bearer },
      }),
    );
    return client;
  }

  async #follow(
    stderr: ReadableStream<Uint8Array>,
    found: (link: string) => void,
  ): Promise<never> {
    const decoder = new TextDecoder();
    for await (const chunk of stderr) {
      this.#said += decoder.decode(chunk, { stream: true });
      const [link] = /http:\S+\/login\?code=\S+/.exec(this.#said) ?? [];
      if (link !== undefined) found(link);
    }
    throw new Error(`the server ended: ${this.#said}`);
  }
}
