/** Our server over HTTP, called as the newer protocol has it: each call stands alone, without a session. */

import {
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { join } from "node:path";
import type { TemporaryProject } from "./temporary-project.ts";

const SERVE = join(import.meta.dir, "../flow-balancer/serve.ts");
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
  const server = Bun.spawn([process.execPath, SERVE, "--port", "0"], {
    cwd: folder,
    env: { ...env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const client = new Client(
    { name: "bench", version: "1" },
    { versionNegotiation: { mode: { pin: PROTOCOL } } },
  );
  await client.connect(
    new StreamableHTTPClientTransport(await addressOf(server.stderr)),
  );
  return {
    async call(name, args) {
      const answer = await client.callTool({ name, arguments: { ...args } });
      return (answer.structuredContent ?? {}) as Record<string, unknown>;
    },
    async close() {
      await client.close();
      server.kill("SIGTERM");
      await server.exited;
    },
  };
}

async function addressOf(stderr: ReadableStream<Uint8Array>): Promise<URL> {
  let said = "";
  for await (const chunk of stderr) {
    said += Buffer.from(chunk).toString();
    const [url] = /http:\S+\/mcp/.exec(said) ?? [];
    if (url !== undefined) return new URL(url);
  }
  throw new Error(`it did not listen: ${said}`);
}
