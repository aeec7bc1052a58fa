/** Our server over HTTP, in a process of its own, on a port that was free. */

import { join } from "node:path";

const SERVE = join(import.meta.dir, "../flow-balancer/serve.ts");

export interface HttpServer {
  readonly url: URL;
  /** Resolves once it is gone. */
  stop(): Promise<void>;
}

/** Resolves once it listens. */
export async function startHttpServer(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HttpServer> {
  const server = Bun.spawn([process.execPath, SERVE, "--port", "0"], {
    cwd,
    // Clients here speak MCP and nothing else.
    env: { FLOW_BALANCER_HTTP_MCP_TOKEN: "off", ...env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  return {
    url: await addressOf(server.stderr),
    async stop() {
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
