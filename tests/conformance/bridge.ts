/** The stdio fixtures behind supergateway, because the suite only speaks HTTP. */

import { join } from "node:path";
import { ROOT } from "./suite.ts";

const START_TIMEOUT_MS = 15_000;

export interface Bridge {
  readonly url: string;
  /** Ends the bridge and with it every server it started. */
  stop(): Promise<void>;
}

export async function startBridge(): Promise<Bridge> {
  const server = `"${process.execPath}" "${join(import.meta.dir, "stdio-fixture.ts")}"`;
  const child = Bun.spawn(
    [
      process.execPath,
      "--preload",
      join(import.meta.dir, "loopback-only.ts"),
      join(ROOT, "node_modules/supergateway/dist/index.js"),
      ...["--stdio", server, "--outputTransport", "streamableHttp"],
      ...["--stateful", "--streamableHttpPath", "/mcp", "--logLevel", "none"],
    ],
    {
      cwd: ROOT,
      // The bridge ends when its stdin does, so it cannot outlive this process.
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
    },
  );
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await child.exited;
  };
  const patience = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
  try {
    const port = await portSaid(child.stdout);
    return { url: `http://127.0.0.1:${port}/mcp`, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(patience);
  }
}

async function portSaid(stdout: ReadableStream<Uint8Array>): Promise<string> {
  let said = "";
  const decoder = new TextDecoder();
  for await (const chunk of stdout) {
    said += decoder.decode(chunk, { stream: true });
    const port = /listening on port (\d+)\n/.exec(said)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error(`the bridge ended before it listened; it said: ${said}`);
}
