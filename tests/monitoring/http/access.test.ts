import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  BEARER,
  codeOf,
  HttpUnderTest,
  JSON_TYPE,
  TOKEN,
} from "./http-under-test.ts";

let http: HttpUnderTest;
beforeEach(() => {
  http = new HttpUnderTest();
});
afterEach(() => http.stop());

const OVERVIEW = "/api/v1/overview";
const as = (token: string) => ({ Authorization: `Bearer ${token}` });
const statusOf = async (headers: Record<string, string>, path = OVERVIEW) =>
  (await http.askAs(headers, path)).status;

describe("tokens:", () => {
  test("the right one is let in, however it is written", async () => {
    expect(await statusOf(BEARER)).toBe(200);
    expect(await statusOf({ Authorization: `bearer  ${TOKEN} ` })).toBe(200);
  });

  test.each([
    ["", 401],
    [`${TOKEN}t`, 401],
    [TOKEN.slice(1), 401],
    [TOKEN.toUpperCase(), 401],
    [`${TOKEN} ${TOKEN}`, 401],
    ["\u00e9", 401],
  ])("%j is not", async (token, status) => {
    expect(await statusOf(as(token))).toBe(status);
  });

  test("nor is it anywhere but in the header", async () => {
    expect(await statusOf({}, `${OVERVIEW}?token=${TOKEN}`)).toBe(401);
    expect(await statusOf({ Cookie: `token=${TOKEN}` })).toBe(401);
    expect(
      await statusOf({ Authorization: `Basic ${btoa(`u:${TOKEN}`)}` }),
    ).toBe(401);
  });

  test("twenty wrong ones are refused, soon for a while; whoever has a right one or the cookie never notices", async () => {
    const cookie = await http.cookie();
    const answers = [];
    for (let i = 0; i < 20; i++)
      answers.push(await http.askAs(as(`${i}`.padStart(43, "x")), OVERVIEW));
    expect(answers.map(({ status }) => status)).toEqual(
      Array.from({ length: 20 }, (_, i) => (i < 10 ? 401 : 429)),
    );
    const last = answers.at(-1)!;
    expect(last.headers.get("retry-after")).toBe("60");
    expect(await codeOf(last)).toBe("TOO_MANY_ATTEMPTS");
    expect(await statusOf({ Cookie: cookie })).toBe(200);
    expect(await statusOf(BEARER)).toBe(200);
    http.env.advance(60_000);
    expect(await statusOf(as("wrong"))).toBe(401);
    expect(http.started).toBe(2);
  });
});

describe("the link", () => {
  test("gives a cookie that scripts and other sites cannot use, once", async () => {
    const path = `/login?code=${http.access.newCode()}`;
    const first = await http.askAs({}, path);
    expect(first.status).toBe(200);
    const set = first.headers.get("set-cookie") ?? "";
    expect(set).toContain("HttpOnly");
    expect(set).toContain("SameSite=Strict");
    expect(set).toContain("Path=/;");
    expect(set).not.toContain(TOKEN);
    const cookie = set.split(";")[0] ?? "";
    expect(await statusOf({ Cookie: `other=1; ${cookie}; more=2` })).toBe(200);
    const second = await http.askAs({ Accept: "text/html" }, path);
    expect([second.status, second.headers.get("set-cookie")]).toEqual([
      401,
      null,
    ]);
    expect(await second.text()).toContain("was used already");
  });

  test("is not used up by whoever only looks where it leads", async () => {
    const path = `/login?code=${http.access.newCode()}`;
    const looked = await fetch(`${http.origin}${path}`, { method: "HEAD" });
    expect(looked.headers.get("set-cookie")).toBeNull();
    expect(
      (await http.askAs({}, path)).headers.get("set-cookie"),
    ).not.toBeNull();
  });

  test("is dead after ten minutes, and one that was never given is wrong", async () => {
    const code = http.access.newCode();
    http.env.advance(600_000);
    expect(await statusOf({}, `/login?code=${code}`)).toBe(401);
    expect(await statusOf({}, "/login?code=guess")).toBe(401);
    expect(await statusOf({}, "/login?code=")).toBe(401);
  });

  test("the oldest of many is dead, so that they never pile up", async () => {
    const codes = Array.from({ length: 17 }, () => http.access.newCode());
    expect(await statusOf({}, `/login?code=${codes[0]}`)).toBe(401);
    expect(await statusOf({}, `/login?code=${codes[1]}`)).toBe(200);
  });

  test("the token itself does as well, from a form of ours alone", async () => {
    const enter = (token: string, headers: Record<string, string> = {}) =>
      fetch(`${http.origin}/login`, {
        method: "POST",
        headers,
        body: new URLSearchParams({ token }),
      });
    const entered = await enter(TOKEN, { Origin: http.origin });
    expect(entered.headers.get("set-cookie")).toContain("HttpOnly");
    expect((await enter("wrong")).status).toBe(401);
    const forged = await enter(TOKEN, { Origin: "https://evil.example" });
    expect(forged.status).toBe(403);
  });
});

describe("the cookie", () => {
  test("ends after a week, and cannot be made or made longer", async () => {
    const cookie = await http.cookie();
    const [name, value = ""] = cookie.split("=");
    const [expires, mac] = value.split(".");
    const later = `${name}=${Number(expires) + 1}.${mac}`;
    for (const wrong of [
      later,
      `${name}=`,
      `${name}=${expires}.`,
      `${name}=x.${mac}`,
    ])
      expect([wrong, await statusOf({ Cookie: wrong })]).toEqual([wrong, 401]);
    http.env.advance(604_800_000 - 1_000);
    expect(await statusOf({ Cookie: cookie })).toBe(200);
    http.env.advance(1_000);
    expect(await statusOf({ Cookie: cookie })).toBe(401);
  });

  test.each([
    ["no Origin", {}, 403],
    ["a page of another port", { Origin: "http://127.0.0.1:1" }, 403],
    ["another site", { "Sec-Fetch-Site": "cross-site" }, 403],
    [
      "a page of another port, by fetch metadata",
      { "Sec-Fetch-Site": "same-site" },
      403,
    ],
    ["somebody who typed", { "Sec-Fetch-Site": "none" }, 403],
    ["our page, by fetch metadata", { "Sec-Fetch-Site": "same-origin" }, 200],
  ] as const)("with %s changes: %j -> %d", async (_who, headers, status) => {
    const Cookie = await http.cookie();
    const response = await http.post(
      "/api/v1/tasks/cancel",
      { task_ids: ["a"] },
      { ...headers, Cookie },
    );
    expect(response.status).toBe(status);
    expect(http.steering.done).toHaveLength(status === 200 ? 1 : 0);
  });

  test("with our own Origin changes, in the dashboard's name; the token in the API's", async () => {
    const Cookie = await http.cookie();
    const ids = { task_ids: ["a"] };
    await http.post("/api/v1/tasks/cancel", ids, {
      Cookie,
      Origin: http.origin,
    });
    await http.post("/api/v1/tasks/cancel", ids);
    expect(http.steering.done).toEqual([
      ["cancel", ["a"], "dashboard"],
      ["cancel", ["a"], "api"],
    ]);
  });

  test("never does over /mcp what a page of another site asked", async () => {
    const response = await http.ask("/mcp", {
      method: "POST",
      body: "{}",
      headers: { ...JSON_TYPE, Cookie: await http.cookie() },
    });
    expect(response.status).toBe(403);
  });
});

test("where /mcp needs no token, everything else still does, and pages of others are kept out of both", async () => {
  await using stack = new AsyncDisposableStack();
  const open = new HttpUnderTest({ settings: { mcpToken: "off" } });
  stack.defer(() => open.stop());
  expect((await open.askAs({}, "/mcp")).status).toBe(200);
  expect((await open.askAs({}, OVERVIEW)).status).toBe(401);
  expect((await open.askAs({ Origin: "null" }, "/mcp")).status).toBe(403);
});
