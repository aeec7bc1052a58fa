import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttp,
} from "@modelcontextprotocol/client";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as LegacyHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  type HttpServer,
  startHttpServer,
} from "../../benchmarks/http-server.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);

/** The clients' own limit: the older one then sends a cancellation, the newer one drops the stream of the call. */
const timeout = 1_500;
const NEVER = {
  name: "run_task",
  arguments: { kind: "shell", input: { argv: ["sleep", "300"] } },
};

let root: string;
let server: HttpServer;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "flow-balancer-patience-"));
  server = await startHttpServer(root, {
    PATH: process.env["PATH"],
    HOME: root,
    FLOW_BALANCER_HOME: join(root, "home"),
    FLOW_BALANCER_POOL_MAX_WORKERS: "20",
  });
});

afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true, force: true });
});

async function legacy() {
  const client = new LegacyClient({ name: "older", version: "1" });
  await client.connect(new LegacyHttp(server.url) as never);
  const call = () => client.callTool(NEVER, undefined, { timeout });
  return { client, call };
}

async function modern() {
  const client = new ModernClient(
    { name: "newer", version: "1" },
    { versionNegotiation: { mode: { pin: "2026-07-28" } } },
  );
  await client.connect(new ModernHttp(server.url));
  return { client, call: () => client.callTool(NEVER, { timeout }) };
}

test.concurrent.each([
  ["cancelled by a 2025-11-25 client", legacy],
  ["dropped by a 2026-07-28 client", modern],
])(
  "over HTTP, calls %s at its own limit teach when to answer",
  async (_, connect) => {
    const { client, call } = await connect();
    const answer = () =>
      call().then(
        ({ structuredContent }) =>
          structuredContent as { status: string; task_id: string },
        () => null,
      );
    const lost = [0, 300, 600].map(async (afterMs) => {
      await Bun.sleep(afterMs);
      return answer();
    });
    expect(await Promise.all(lost)).toEqual([null, null, null]);
    // On a machine that is busy one more may be lost.
    const { status, task_id } = await until("a handle", answer);
    expect(status).toBe("working");
    await client.callTool({ name: "cancel_task", arguments: { task_id } });
    await client.close();
  },
);
