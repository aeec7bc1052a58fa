/** Our server over HTTP, called as the newer protocol has it: each call stands alone, without a session. */

import {
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { startHttpServer } from "./http-server.ts";
import type { TemporaryProject } from "./temporary-project.ts";

const PROTOCOL = "2026-07-28";

export interface StatelessServer {
  /** The structured content of the answer. */
  call(tool: string, args: object): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

export async function startStatelessServer({
  folder,
  env,
}: Pick<TemporaryProject, "folder" | "env">): Promise<StatelessServer> {
  const server = await startHttpServer(folder, env);
  const client = new Client(
    { name: "bench", version: "1" },
    { versionNegotiation: { mode: { pin: PROTOCOL } } },
  );
  await client.connect(new StreamableHTTPClientTransport(server.url));
  return {
    async call(name, args) {
      const answer = await client.callTool({ name, arguments: { ...args } });
      return (answer.structuredContent ?? {}) as Record<string, unknown>;
    },
    async close() {
      await client.close();
      await server.stop();
    },
  };
}
