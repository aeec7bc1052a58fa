/** Who is not let in by the real server, shortly: each rule in all its forms is tried where the rules are tested. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { rawRequest } from "../monitoring/http/raw-request.ts";
import { DashboardServer } from "../support/dashboard-server.ts";

setDefaultTimeout(30_000);

let server: DashboardServer;
let port: number;
beforeAll(async () => {
  server = await DashboardServer.start();
  port = Number(new URL(server.origin).port);
});
afterAll(() => server.destroy());

const PATHS = [
  "GET /",
  "GET /ui/tasks",
  "GET /assets/app.js",
  "GET /readyz",
  "GET /health",
  "GET /metrics",
  "GET /events",
  "POST /mcp",
  "GET /api/v1/tasks",
  "POST /api/v1/tasks/cancel",
  "POST /api/v1/tools/run_task",
];

const ask = (target: string, headers: Record<string, string>) =>
  rawRequest(port, target, { Host: `127.0.0.1:${port}`, ...headers });

test("without the token nothing but /livez answers", async () => {
  for (const target of PATHS)
    expect([target, (await ask(target, {})).status]).toEqual([target, 401]);
  expect((await ask("GET /livez", {})).status).toBe(200);
});

test.each([
  [{ Host: "evil.example" }],
  [{ Host: "127.0.0.1.evil.example" }],
  [{ Origin: "null" }],
  [{ Origin: "https://evil.example" }],
  [{ Origin: "http://127.0.0.1:1" }],
  [{ "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" }],
])("with the token but %j nothing answers", async (headers) => {
  for (const target of [...PATHS, "GET /livez"]) {
    const { status, body } = await ask(target, {
      ...server.bearer,
      ...headers,
    });
    expect([target, status]).toEqual([target, 403]);
    expect(body).toContain("FOREIGN_REQUEST");
  }
});

test.each([
  "/api/v1/..%2f..%2f..%2fetc%2fpasswd",
  "/assets/..%2f..%2fpackage.json",
  "/assets/%2e%2e/%2e%2e/package.json",
  "/assets/..%5c..%5cpackage.json",
  "/ui/..%2f..%2fhttp-token",
  "//etc/passwd",
  "/%c0%ae%c0%ae/http-token",
  "/http-token",
  "/api/v1/tasks/..%2f..%2fhttp-token",
  "/livez%00",
])("the path %j leads nowhere", async (path) => {
  const { status, body } = await ask(`GET ${path}`, server.bearer);
  expect([400, 404]).toContain(status);
  expect(body).not.toContain(server.bearer.Authorization.slice(7));
  expect(body).not.toContain(server.place.root);
});

test("a token tried 20 times is told to wait, and the right one goes on", async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 20; n++) {
    const Authorization = `Bearer ${"0".repeat(40)}${n}`;
    statuses.push(
      (await ask("GET /api/v1/overview", { Authorization })).status,
    );
  }
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
  expect(statuses.slice(10)).toEqual(Array(10).fill(429));
  expect((await ask("GET /api/v1/overview", server.bearer)).status).toBe(200);
});

test("the link works once, and its cookie changes nothing from elsewhere", async () => {
  // The codes that were wrong count too; with a server anew nothing was.
  await server.crash();
  await server.begin();
  const first = await fetch(server.link);
  const cookie = first.headers.get("set-cookie") ?? "";
  expect(cookie).toContain("HttpOnly");
  expect(cookie).toContain("SameSite=Strict");
  expect((await fetch(server.link)).headers.get("set-cookie")).toBeNull();
  const Cookie = cookie.split(";", 1)[0] ?? "";
  expect((await ask("GET /api/v1/overview", { Cookie })).status).toBe(200);
  const forged = await ask("POST /api/v1/tasks/cancel", { Cookie });
  expect(forged.status).toBe(403);
});
