/** The two generations of real MCP clients, each over its own stdio transport to a real server process. */

import { Client as ClientV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { Message } from "./line-client.ts";
import { Place, type PlaceOptions } from "./server-under-test.ts";
import { within } from "./until.ts";

export const GENERATIONS = ["v1", "v2"] as const;
export type Generation = (typeof GENERATIONS)[number];

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: {
    progress: number;
    total?: number | undefined;
    message?: string | undefined;
  }) => void;
}

/** What the tests use of either client. */
export interface SdkClient {
  readonly place: Place;
  readonly pid: number;
  /** The typed rest: lists, resources, prompts, completions are alike in both generations. */
  readonly client: ClientV1 | ClientV2;
  /** What the transport complained of: a line that is not MCP, for one. */
  readonly errors: Error[];
  /** The whole result of a tool call. */
  call(name: string, args: object, options?: CallOptions): Promise<Message>;
  /** Its structured content. */
  ask(name: string, args: object, options?: CallOptions): Promise<Message>;
}

const INFO = { name: "sdk-test", version: "1" };

async function connect(
  generation: Generation,
  place: Place,
): Promise<SdkClient> {
  const [command, ...args] = place.command;
  const parameters = {
    command,
    args,
    env: { ...place.env },
    cwd: place.project,
    stderr: "ignore",
  } as const;
  const errors: Error[] = [];
  const onerror = (error: Error): void => void errors.push(error);
  if (generation === "v1") {
    const transport = new StdioV1(parameters);
    const client = new ClientV1(INFO);
    client.onerror = onerror;
    await within("v1 connection", client.connect(transport));
    return made(place, client, transport.pid, errors, (name, args, options) =>
      client.callTool({ name, arguments: args }, undefined, options),
    );
  }
  const transport = new StdioV2(parameters);
  const client = new ClientV2(INFO, {
    versionNegotiation: { mode: { pin: "2026-07-28" } },
  });
  client.onerror = onerror;
  await within("v2 connection", client.connect(transport));
  return made(place, client, transport.pid, errors, (name, args, options) =>
    client.callTool({ name, arguments: args }, options),
  );
}

function made(
  place: Place,
  client: ClientV1 | ClientV2,
  pid: number | null,
  errors: Error[],
  callTool: (
    name: string,
    args: Record<string, unknown>,
    options?: CallOptions,
  ) => Promise<Message>,
): SdkClient {
  const call: SdkClient["call"] = (name, args, options) =>
    callTool(name, { ...args }, options);
  return {
    place,
    client,
    pid: pid ?? 0,
    errors,
    call,
    ask: async (...of) => (await call(...of)).structuredContent,
  };
}

/** Clients with the clean-up no test may forget; `after` is bun:test's afterEach or afterAll. */
export function sdkClients(
  after: (clean: () => Promise<void>) => void,
): (generation: Generation, options?: PlaceOptions) => Promise<SdkClient> {
  const opened: { client?: SdkClient; place: Place }[] = [];
  after(async () => {
    for (const { client, place } of opened.splice(0)) {
      if (client !== undefined) place.remember(client.pid);
      await client?.client.close().catch(() => undefined);
      place.destroy();
    }
  });
  return async (generation, options) => {
    const entry: (typeof opened)[number] = { place: new Place(options) };
    opened.push(entry);
    entry.client = await connect(generation, entry.place);
    return entry.client;
  };
}
