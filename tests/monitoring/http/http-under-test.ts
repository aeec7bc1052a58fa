/** The HTTP surface on a free port of the loopback interface, before a server that is not there. */

import { withContentCodings } from "../../../flow-balancer/http-compression.ts";
import { Access } from "../../../monitoring/http/access.ts";
import {
  createHttpApp,
  type HttpApp,
} from "../../../monitoring/http/create-http-app.ts";
import type {
  HttpPorts,
  HttpSettings,
} from "../../../monitoring/http/http-ports.ts";
import { FakeEnv } from "../../support/fake-env.ts";
import { FakeSteering, FakeWatch } from "./fake-watch.ts";

export const TOKEN = "t".repeat(43);
export const BEARER = { Authorization: `Bearer ${TOKEN}` };
export const JSON_TYPE = { "Content-Type": "application/json" };

const HTML =
  '<!doctype html><html lang="en"><meta name="base" content="__BASE__">';

export interface Given {
  readonly settings?: Partial<HttpSettings>;
  readonly ports?: Partial<HttpPorts>;
  readonly watch?: FakeWatch;
}

export class HttpUnderTest {
  readonly env = new FakeEnv();
  readonly watch: FakeWatch;
  readonly steering: FakeSteering;
  readonly access: Access;
  readonly app: HttpApp;
  readonly complaints: string[] = [];
  readonly toolCalls: unknown[] = [];
  mcpCalls = 0;
  /** Of each request that came. */
  readonly signals: AbortSignal[] = [];
  /** How often the server behind was asked for. */
  started = 0;
  readonly #server: Bun.Server<undefined>;

  constructor({
    settings = {},
    ports = {},
    watch = new FakeWatch(),
  }: Given = {}) {
    this.watch = watch;
    this.steering = new FakeSteering(watch);
    const basePath = settings.basePath ?? "";
    this.access = new Access({ token: TOKEN, env: this.env, basePath });
    this.app = createHttpApp({ ...this.#ports(settings), ...ports });
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      development: false,
      fetch: (request, server) => {
        this.signals.push(request.signal);
        return this.app.fetch(request, {
          timeout: (seconds) => server.timeout(request, seconds),
        });
      },
    });
  }

  #ports(settings: Partial<HttpSettings>): HttpPorts {
    const started = <T>(it: T) => {
      this.started++;
      return Promise.resolve(it);
    };
    return {
      env: this.env,
      version: "1.2.3",
      access: this.access,
      settings: {
        basePath: "",
        readOnly: false,
        hostnames: ["127.0.0.1", "localhost"],
        origins: [],
        mcpToken: "required",
        ...settings,
      },
      watch: () => started(this.watch),
      steering: () => started(this.steering),
      metricsText: () =>
        started({ contentType: "text/plain; version=0.0.4", text: "a 1\n" }),
      tools: (["look", "change"] as const).map((name) => ({
        name,
        title: name,
        description: name,
        isReadOnly: name === "look",
        inputSchema: { type: "object" },
        call: async (args) => {
          this.toolCalls.push([name, args]);
          return { answered: args };
        },
      })),
      mcp: async (request) => {
        this.mcpCalls++;
        return Response.json({
          mcp: request.method,
          body: await request.text(),
        });
      },
      dashboard: async () => ({
        html: HTML,
        js: "js".repeat(2_000),
        css: "css",
      }),
      codings: (request, handle) =>
        withContentCodings(request, handle, 4_194_304),
      complain: (text) => this.complaints.push(text),
    };
  }

  get port(): number {
    return this.#server.port ?? 0;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** With the token unless `headers` say who asks. */
  ask(
    path: string,
    {
      headers = {},
      ...init
    }: RequestInit & { headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const who = "Authorization" in headers || "Cookie" in headers ? {} : BEARER;
    return fetch(`${this.origin}${path}`, {
      redirect: "manual",
      ...init,
      headers: { ...who, ...headers },
    });
  }

  /** Without one. */
  askAs(headers: Record<string, string>, path: string): Promise<Response> {
    return fetch(`${this.origin}${path}`, { headers });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}) {
    return this.ask(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { ...JSON_TYPE, ...headers },
    });
  }

  /** A Cookie header, as a browser has it after the link. */
  async cookie(base = ""): Promise<string> {
    const response = await this.askAs(
      {},
      `${base}/login?code=${this.access.newCode()}`,
    );
    return (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  }

  async stop(): Promise<void> {
    this.app.close();
    await this.#server.stop(true);
  }
}

/** The code of a refusal. */
export async function codeOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string } };
  return error.code;
}
