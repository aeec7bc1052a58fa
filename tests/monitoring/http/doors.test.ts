import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { BEARER, codeOf, HttpUnderTest, JSON_TYPE } from "./http-under-test.ts";
import { rawRequest } from "./raw-request.ts";

let http: HttpUnderTest;
beforeEach(() => {
  http = new HttpUnderTest();
});
afterEach(() => http.stop());

const EVERYTHING = [
  ["GET", "/"],
  ["GET", "/ui/tasks"],
  ["GET", "/assets/app.js"],
  ["GET", "/assets/app.css"],
  ["GET", "/readyz"],
  ["GET", "/health"],
  ["GET", "/metrics"],
  ["GET", "/events"],
  ["GET", "/mcp"],
  ["POST", "/mcp"],
  ["GET", "/api/v1/openapi.json"],
  ["GET", "/api/v1/overview"],
  ["GET", "/api/v1/tasks/x"],
  ["POST", "/api/v1/tasks/cancel"],
  ["POST", "/api/v1/tools/change"],
  ["GET", "/nothing"],
] as const;

describe("without the token", () => {
  test.each(EVERYTHING)("%s %s is refused", async (method, path) => {
    const response = await fetch(`${http.origin}${path}`, { method });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toStartWith("Bearer");
    expect(await codeOf(response)).toBe("UNAUTHORIZED");
    expect(http.started).toBe(0);
  });

  test("/livez answers, and starts nothing", async () => {
    const response = await http.askAs({}, "/livez");
    expect([response.status, await response.text()]).toEqual([200, "ok"]);
    expect(response.headers.get("content-type")).toStartWith("text/plain");
    expect(http.started).toBe(0);
  });

  test("crawlers are told to go, and a browser is told how to get in", async () => {
    const robots = await http.askAs({}, "/robots.txt");
    expect(await robots.text()).toContain("Disallow: /");
    const page = await http.askAs({ Accept: "text/html" }, "/ui/tasks");
    expect(page.status).toBe(401);
    expect(await page.text()).toContain('action="/login"');
  });
});

describe("from elsewhere", () => {
  test.each([
    ["evil.example"],
    ["evil.example:80"],
    ["127.0.0.1.evil.example"],
    ["127.0.0.1@evil.example"],
    ["localhost."],
    ["127.0.0.1:80:80"],
    ["[::1"],
    ["0x7f000001"],
    ["a, b"],
    [""],
  ])("the Host %j is refused, /livez too", async (host) => {
    for (const path of ["/livez", "/", "/api/v1/overview"]) {
      const { status, body } = await rawRequest(http.port, `GET ${path}`, {
        Host: host,
        ...BEARER,
      });
      // The empty one does not reach us.
      expect([403, 400]).toContain(status);
      if (status === 403) expect(body).toContain("FOREIGN_REQUEST");
    }
    expect(http.started).toBe(0);
  });

  test("no Host at all is refused without a word of ours", async () => {
    for (const version of ["1.0", "1.1"]) {
      const { status, body } = await rawRequest(
        http.port,
        "GET /api/v1/overview",
        BEARER,
        version,
      );
      expect([403, 400]).toContain(status);
      expect(body).not.toContain("stack");
      expect(body).not.toContain(".ts");
    }
  });

  test.each([
    ["null"],
    ["https://evil.example"],
    ["http://127.0.0.1"],
    ["http://127.0.0.1:1"],
    ["http://localhost.evil.example"],
    ["file://"],
    [""],
  ])("the Origin %j is refused", async (origin) => {
    for (const path of ["/livez", "/", "/mcp", "/api/v1/overview", "/events"]) {
      const response = await http.ask(path, {
        headers: { Origin: origin, ...BEARER },
      });
      expect([path, response.status]).toEqual([path, 403]);
      expect(await codeOf(response)).toBe("FOREIGN_REQUEST");
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  test("what another site's page loads is refused, a link that is followed is not", async () => {
    const from = (headers: Record<string, string>) =>
      http.ask("/livez", { headers: { ...BEARER, ...headers } });
    for (const site of ["cross-site", "same-site"]) {
      const image = { "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors" };
      expect((await from(image)).status).toBe(403);
      const link = {
        "Sec-Fetch-Site": site,
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
      };
      expect((await from(link)).status).toBe(200);
      const frame = { ...link, "Sec-Fetch-Dest": "iframe" };
      expect((await from(frame)).status).toBe(403);
    }
    expect((await from({ "Sec-Fetch-Site": "same-origin" })).status).toBe(200);
  });

  test("a preflight of another origin is refused", async () => {
    const response = await fetch(`${http.origin}/api/v1/tasks/cancel`, {
      method: "OPTIONS",
      headers: {
        Origin: "https://evil.example",
        "Access-Control-Request-Method": "POST",
      },
    });
    expect(response.status).toBe(403);
  });
});

test("an origin that is allowed by name may call with the token, and is told so", async () => {
  const origin = "http://localhost:6274";
  await using stack = new AsyncDisposableStack();
  const open = new HttpUnderTest({ settings: { origins: [origin] } });
  stack.defer(() => open.stop());
  const preflight = await fetch(`${open.origin}/mcp`, {
    method: "OPTIONS",
    headers: { Origin: origin },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-headers")).toContain(
    "Authorization",
  );
  const headers = { Origin: origin, "Sec-Fetch-Site": "cross-site" };
  const answer = await open.ask("/api/v1/overview", {
    headers: { ...BEARER, ...headers },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
  expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
  const cookie = await open.cookie();
  const forged = await open.post(
    "/api/v1/tasks/cancel",
    { task_ids: ["a"] },
    { ...headers, Cookie: cookie },
  );
  expect(forged.status).toBe(403);
  expect(open.steering.done).toEqual([]);
});

describe("paths:", () => {
  test.each([
    "/api/..%2flivez",
    "/..%2f..%2fetc/passwd",
    "/%2e%2e%2flivez",
    "/assets/..%5capp.js",
    "//livez",
    "/livez//",
    "/livez%00",
    "/livez%0d%0aX: 1",
    "/liv%65z",
    "/api/v1/tasks/%2e%2e",
    "/api/v1/tasks/a%2fb",
    "/ui/..%2f..%2flivez",
    "/ui/a//b",
    "/ui/a%00",
    "/assets/../../livez/x",
    "/%c0%ae%c0%ae/livez",
    `/${"a".repeat(2_000)}`,
  ])("%j is nowhere", async (path) => {
    const { status } = await rawRequest(
      http.port,
      `GET ${path.replaceAll(" ", "%20")}`,
      {
        Host: `127.0.0.1:${http.port}`,
        ...BEARER,
      },
    );
    expect(status).toBe(404);
    expect(http.started).toBe(0);
  });

  test("the whole URL in the request line changes no Host", async () => {
    const { status } = await rawRequest(
      http.port,
      "GET http://evil.example/livez",
      {
        Host: "evil.example",
        ...BEARER,
      },
    );
    expect(status).toBe(403);
  });
});

describe("every answer", () => {
  test.each([
    ["/", 200],
    ["/login", 200],
    ["/livez", 200],
    ["/api/v1/overview", 200],
    ["/nothing", 404],
    ["/metrics", 200],
    ["/assets/app.js", 200],
    ["/mcp", 200],
  ])("of %s says what a browser may do with it", async (path, status) => {
    const { headers, ...response } = await http
      .ask(path)
      .then((it) => ({ headers: it.headers, status: it.status }));
    expect(response.status).toBe(status);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    // A form needs an origin.
    expect(headers.get("referrer-policy")).toBe(
      path === "/login" ? "same-origin" : "no-referrer",
    );
    expect(headers.get("cache-control")).toMatch(
      /^(?:no-store|private, no-cache)$/,
    );
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
  });
});

test("what is too long, of another type, by another method, or nowhere, is told apart", async () => {
  const ids = "/api/v1/tasks/cancel";
  const status = async (answer: Promise<Response>) => {
    const it = await answer;
    return [it.status, await codeOf(it)];
  };
  const long = { task_ids: ["x".repeat(2_000_000)] };
  expect(await status(http.post(ids, long))).toEqual([
    413,
    "PAYLOAD_TOO_LARGE",
  ]);
  const text = { "Content-Type": "text/plain" };
  expect(await status(http.post(ids, {}, text))).toEqual([
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ]);
  const broken = http.ask(ids, {
    method: "POST",
    body: "{",
    headers: { ...BEARER, ...JSON_TYPE },
  });
  expect(await status(broken)).toEqual([400, "INVALID_ARGUMENT"]);
  const deleted = await http.ask("/api/v1/overview", { method: "DELETE" });
  expect([deleted.status, deleted.headers.get("allow")]).toEqual([405, "GET"]);
  expect(await codeOf(deleted)).toBe("METHOD_NOT_ALLOWED");
  const many = { task_ids: Array.from({ length: 501 }, () => "a") };
  expect(await status(http.post(ids, many))).toEqual([400, "INVALID_ARGUMENT"]);
  expect(await status(http.ask("/api/v1/nothing"))).toEqual([404, "NOT_FOUND"]);
  const near = await http.post("/api/v1/tools/chanje", {});
  expect(await near.text()).toContain("did you mean 'change'");
  expect(http.steering.done).toEqual([]);
});
