import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { BalancerError } from "../../../flow-balancer/core/errors.ts";
import { BEARER, codeOf, HttpUnderTest, TOKEN } from "./http-under-test.ts";

let http: HttpUnderTest;
beforeEach(() => {
  http = new HttpUnderTest();
});
afterEach(() => http.stop());

describe("the dashboard", () => {
  test("is one page wherever one is in it, and two files", async () => {
    const page = await (await http.ask("/")).text();
    expect(page).toContain('content=""');
    for (const path of ["/ui", "/ui/tasks", "/ui/tasks/task_1"])
      expect(await (await http.ask(path)).text()).toBe(page);
    const types = async (path: string) =>
      (await http.ask(path)).headers.get("content-type");
    expect(await types("/")).toBe("text/html; charset=utf-8");
    expect(await types("/assets/app.js")).toBe(
      "text/javascript; charset=utf-8",
    );
    expect(await types("/assets/app.css")).toBe("text/css; charset=utf-8");
    expect((await http.ask("/assets/app.map")).status).toBe(404);
    expect(http.started).toBe(0);
  });

  test("is sent once to a browser that has it, in whatever coding", async () => {
    for (const coding of ["identity", "gzip"]) {
      const headers = { ...BEARER, "Accept-Encoding": coding };
      const first = await http.ask("/assets/app.js", { headers });
      const tag = first.headers.get("etag") ?? "";
      expect(tag).toMatch(/^(?:W\/)?"[\w-]+"$/);
      const again = await http.ask("/assets/app.js", {
        headers: { ...headers, "If-None-Match": tag },
      });
      expect([again.status, await again.text()]).toEqual([304, ""]);
      expect(again.headers.get("etag")).toContain(tag.replace("W/", ""));
      const other = await http.ask("/assets/app.css", {
        headers: { ...headers, "If-None-Match": tag },
      });
      expect(other.status).toBe(200);
    }
  });

  test("is sent as short as the client takes it", async () => {
    const ask = (coding: string) =>
      fetch(`${http.origin}/assets/app.js`, {
        headers: { ...BEARER, "Accept-Encoding": coding },
        decompress: false,
      } as RequestInit);
    const plain = await (await ask("identity")).text();
    const gzip = await ask("gzip");
    expect(gzip.headers.get("content-encoding")).toBe("gzip");
    expect(gzip.headers.get("vary")).toContain("Accept-Encoding");
    const bytes = await gzip.bytes();
    expect(bytes.length).toBeLessThan(plain.length / 10);
    expect(gunzipSync(bytes).toString()).toBe(plain);
    const zstd = await ask("gzip, zstd");
    expect(zstd.headers.get("content-encoding")).toBe("zstd");
    expect(Bun.zstdDecompressSync(await zstd.bytes()).toString()).toBe(plain);
  });

  test("that cannot be built is said to be so, and tried again", async () => {
    let tries = 0;
    await using stack = new AsyncDisposableStack();
    const broken = new HttpUnderTest({
      ports: {
        dashboard: () =>
          ++tries === 1
            ? Promise.reject(new Error("no sources"))
            : Promise.resolve({ html: "page", js: "", css: "" }),
      },
    });
    stack.defer(() => broken.stop());
    const response = await broken.ask("/");
    expect(response.status).toBe(503);
    expect(await response.text()).toContain(
      "the dashboard cannot be built: no sources",
    );
    expect(broken.complaints).toEqual([expect.stringContaining("no sources")]);
    expect(await (await broken.ask("/ui")).text()).toBe("page");
    await broken.ask("/");
    expect(tries).toBe(2);
  });
});

describe("live events", () => {
  test("come as they are, whatever the client takes", async () => {
    const gone = new AbortController();
    const response = await fetch(`${http.origin}/events`, {
      signal: gone.signal,
      headers: { ...BEARER, "Accept-Encoding": "zstd, gzip" },
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("content-encoding")).toBeNull();
    gone.abort();
  });
});

describe("under a path", () => {
  let under: HttpUnderTest;
  beforeEach(() => {
    under = new HttpUnderTest({ settings: { basePath: "/flow" } });
  });
  afterEach(() => under.stop());

  test("everything is there and nothing beside it", async () => {
    for (const path of [
      "/livez",
      "/health",
      "/metrics",
      "/api/v1/overview",
      "/",
      "/ui/tasks",
      "/assets/app.js",
      "/mcp",
    ]) {
      expect([path, (await under.ask(`/flow${path}`)).status]).toEqual([
        path,
        200,
      ]);
      expect([path, (await under.ask(path)).status]).toEqual([path, 404]);
    }
    for (const path of ["/flowing/livez", "/flow/flow/livez", "/FLOW/livez"])
      expect([path, (await under.ask(path)).status]).toEqual([path, 404]);
    expect((await under.ask("/flow")).status).toBe(200);
  });

  test("pages, cookie, link and document know of it", async () => {
    expect(await (await under.ask("/flow/")).text()).toContain(
      'content="/flow"',
    );
    const entered = await under.askAs(
      {},
      `/flow/login?code=${under.access.newCode()}`,
    );
    expect(entered.headers.get("set-cookie")).toContain("Path=/flow;");
    expect(await entered.text()).toContain('url=/flow/"');
    expect(await (await under.askAs({}, "/flow/login")).text()).toContain(
      'action="/flow/login"',
    );
    const { servers } = (await (
      await under.ask("/flow/api/v1/openapi.json")
    ).json()) as { servers: unknown };
    expect(servers).toEqual([{ url: "/flow" }]);
  });

  test("the door is the same", async () => {
    expect((await under.askAs({}, "/flow/api/v1/overview")).status).toBe(401);
    expect((await under.askAs({}, "/flow/mcp")).status).toBe(401);
    const Cookie = await under.cookie("/flow");
    const path = "/flow/api/v1/tasks/cancel";
    expect(
      (await under.post(path, { task_ids: ["a"] }, { Cookie })).status,
    ).toBe(403);
    const own = { Cookie, Origin: under.origin };
    expect((await under.post(path, { task_ids: ["a"] }, own)).status).toBe(200);
  });
});

describe("health:", () => {
  const bad = {
    name: "disk",
    status: "failing",
    detail: "full: 0 KiB of 1 MiB",
    figures: { free: 0 },
  } as const;
  const weak = { ...bad, name: "wal", status: "degraded" } as const;
  const well = { ...bad, name: "store", status: "ok" } as const;
  const ask = async (path: string) => {
    const response = await http.ask(path);
    const body = (await response.json()) as {
      status: string;
      probes: { name: string }[];
    };
    return [response.status, body.status, body.probes.map(({ name }) => name)];
  };

  test("all well", async () => {
    http.watch.health_ = { status: "ok", at: 1, probes: [well] };
    expect(await ask("/readyz")).toEqual([200, "ok", []]);
    expect(await ask("/health")).toEqual([200, "ok", ["store"]]);
  });

  test("degraded works and is said", async () => {
    http.watch.health_ = { status: "degraded", at: 1, probes: [well, weak] };
    expect(await ask("/readyz")).toEqual([200, "degraded", ["wal"]]);
    expect(await ask("/health")).toEqual([200, "degraded", ["store", "wal"]]);
  });

  test("one that fails is not ready, and which is said with why", async () => {
    http.watch.health_ = {
      status: "failing",
      at: 1,
      probes: [well, weak, bad],
    };
    expect(await ask("/readyz")).toEqual([503, "failing", ["wal", "disk"]]);
    expect(await ask("/health")).toEqual([
      503,
      "failing",
      ["store", "wal", "disk"],
    ]);
    expect(await (await http.ask("/readyz")).text()).toContain(
      "0 KiB of 1 MiB",
    );
    expect((await http.ask("/livez")).status).toBe(200);
    expect((await http.ask("/api/v1/health")).status).toBe(200);
  });

  test("one that fails is enough, whatever the whole is called", async () => {
    http.watch.health_ = { status: "degraded", at: 1, probes: [well, bad] };
    expect(await ask("/readyz")).toEqual([503, "degraded", ["disk"]]);
  });

  test("a server behind that cannot start, or does not answer, is not ready", async () => {
    await using stack = new AsyncDisposableStack();
    const full = new BalancerError("STORAGE_FULL", "no room", {
      hint: "Free some",
    });
    const dead = new HttpUnderTest({
      ports: { watch: () => Promise.reject(full) },
    });
    stack.defer(() => dead.stop());
    const answer = await dead.ask("/readyz");
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain("STORAGE_FULL: no room. Free some");
    const refused = await dead.ask("/api/v1/overview");
    expect([refused.status, await codeOf(refused)]).toEqual([
      503,
      "STORAGE_FULL",
    ]);
    expect((await dead.ask("/livez")).status).toBe(200);
    http.watch.health = () => new Promise(() => {});
    const waiting = http.ask("/readyz");
    while (http.env.waiting === 0) await Bun.sleep(1);
    http.env.advance(5_000);
    const late = await waiting;
    expect([late.status, await late.text()]).toEqual([
      503,
      expect.stringContaining("no answer within 5000 ms"),
    ]);
  });
});

test("metrics are of the type they say", async () => {
  const response = await http.ask("/metrics");
  expect(response.headers.get("content-type")).toBe(
    "text/plain; version=0.0.4",
  );
  expect(await response.text()).toBe("a 1\n");
});

test("no answer holds the token", async () => {
  const cookie = await http.cookie();
  for (const path of [
    "/",
    "/login",
    "/health",
    "/api/v1/openapi.json",
    "/api/v1/overview",
    "/nothing",
  ])
    for (const headers of [BEARER, { Cookie: cookie }]) {
      const response = await http.ask(path, { headers });
      const said =
        (await response.text()) + JSON.stringify([...response.headers]);
      expect(said).not.toContain(TOKEN);
    }
});
