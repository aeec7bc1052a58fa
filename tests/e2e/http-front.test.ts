import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import {
  type HttpServer,
  startHttpServer,
} from "../../benchmarks/http-server.ts";
import { rawRequest } from "../monitoring/http/raw-request.ts";

setDefaultTimeout(30_000);

let root: string;
let home: string;
let server: HttpServer;
let bearer: { Authorization: string };

beforeAll(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "flow-balancer-front-")));
  home = join(root, "home");
  server = await startHttpServer(root, {
    PATH: process.env["PATH"],
    HOME: root,
    FLOW_BALANCER_HOME: home,
    FLOW_BALANCER_HTTP_MCP_TOKEN: "required",
  });
  const token = readFileSync(join(home, "http-token"), "utf8").trim();
  bearer = { Authorization: `Bearer ${token}` };
});

afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true, force: true });
});

const at = (path: string): URL => new URL(path, server.url);

test("MCP needs the token, which is the user's alone, and works with it", async () => {
  expect(statSync(join(home, "http-token")).mode & 0o777).toBe(0o600);
  expect((await fetch(server.url, { method: "POST" })).status).toBe(401);
  const client = new Client({ name: "test", version: "1" });
  await client.connect(
    new StreamableHTTPClientTransport(server.url, {
      requestInit: { headers: bearer },
    }),
  );
  const answer = await client.callTool({
    name: "run_task",
    arguments: { kind: "shell", input: { argv: ["echo", "hi"] } },
  });
  expect(answer.structuredContent).toMatchObject({ value: { stdout: "hi\n" } });
  await client.close();
});

test("the tools are the same over the API, mistakes and all", async () => {
  const call = (name: string, args: object) =>
    fetch(at(`/api/v1/tools/${name}`), {
      method: "POST",
      headers: { ...bearer, "Content-Type": "application/json" },
      body: JSON.stringify(args),
    });
  const ran = await call("run_task", {
    kind: "shell",
    input: { argv: ["true"] },
  });
  expect(await ran.json()).toMatchObject({ status: "completed" });
  const wrong = await call("run_task", { kind: "shell", inptu: {} });
  expect(wrong.status).toBe(400);
  expect(await wrong.json()).toMatchObject({
    error: {
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("did you mean 'input'"),
    },
  });
  const gone = await call("cancel_task", { task_id: "task_0" });
  expect(await gone.json()).toMatchObject({
    error: { code: expect.any(String) },
  });
  expect(gone.status).toBeGreaterThanOrEqual(400);
  const { paths } = (await (
    await fetch(at("/api/v1/openapi.json"), { headers: bearer })
  ).json()) as { paths: Record<string, unknown> };
  const { tools } = (await (
    await fetch(at("/api/v1/tools"), { headers: bearer })
  ).json()) as { tools: { name: string }[] };
  expect(tools.length).toBeGreaterThan(10);
  for (const { name } of tools)
    expect(Object.keys(paths)).toContain(`/api/v1/tools/${name}`);
});

test("a task that failed is an answer, as over MCP: how it ended, with what it printed", async () => {
  const ran = await fetch(at("/api/v1/tools/run_task"), {
    method: "POST",
    headers: { ...bearer, "Content-Type": "application/json" },
    body: JSON.stringify({
      kind: "shell",
      input: { argv: ["sh", "-c", "echo why >&2; exit 3"] },
    }),
  });
  expect(await ran.json()).toMatchObject({
    task_id: expect.stringMatching(/^task_/),
    status: "failed",
    value: { exit_code: 3, stderr: "why\n" },
    error: { code: "NON_ZERO_EXIT" },
  });
  expect(ran.status).toBe(200);
});

test("what is odd is answered without a look inside", async () => {
  for (const version of ["1.0", "1.1"]) {
    const { body } = await rawRequest(
      Number(server.url.port),
      "GET /api/v1/overview",
      bearer,
      version,
    );
    expect(body).not.toContain(root);
    expect(body).not.toContain("stack");
  }
});

test("a token that others can read stops the start", async () => {
  const other = join(root, "other");
  const env = {
    PATH: process.env["PATH"],
    HOME: root,
    FLOW_BALANCER_HOME: other,
  };
  await (await startHttpServer(root, env)).stop();
  chmodSync(join(other, "http-token"), 0o644);
  await expect(startHttpServer(root, env)).rejects.toThrow(
    "can be used by others (mode 644)",
  );
});
