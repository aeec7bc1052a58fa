import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { HttpUnderTest, TOKEN } from "./http-under-test.ts";

let http: HttpUnderTest;
let cookie: string;
beforeAll(async () => {
  http = new HttpUnderTest();
  cookie = await http.cookie();
});
afterAll(() => http.stop());

const HOST = "127.0.0.1:4000";

const path = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...["/", "/ui/x", "/health", "/events", "/mcp", "/metrics", "/livez"],
      ...[
        "/api/v1/tools/change",
        "/api/v1/overview",
        "/api/v1/tasks/cancel",
        "/api/v1/tools/change",
      ],
    ),
  },
  fc.webPath(),
  fc
    .array(fc.constantFrom("/", "..", "%2f", "%2e", "api", "v1", "\\", "livez"))
    .map((parts) => `/${parts.join("")}`),
);

const headers = fc.record(
  {
    host: fc.oneof(
      { weight: 8, arbitrary: fc.constant(HOST) },
      fc.domain(),
      fc.constantFrom("", "localhost:1", "[::1]", "127.0.0.1.", "a, b"),
    ),
    origin: fc.oneof(
      { weight: 2, arbitrary: fc.constant(`http://${HOST}`) },
      fc.webUrl(),
      fc.constantFrom("null", "", `https://${HOST}`, "HTTP://127.0.0.1:4000"),
    ),
    authorization: fc.oneof(
      { weight: 2, arbitrary: fc.constant(`Bearer ${TOKEN}`) },
      fc.constantFrom("Bearer", "Bearer x", "Basic eDp5", `Bearer ${TOKEN}x`),
    ),
    cookie: fc.constantFrom("", "a=b", "flow-balancer-00000000=1.x"),
    "sec-fetch-site": fc.constantFrom(
      ...["same-origin", "same-site", "cross-site", "none", "?"],
    ),
    "content-type": fc.constantFrom("application/json", "text/plain"),
  },
  { requiredKeys: ["host"] },
);

const method = fc.constantFrom(
  ...["GET", "HEAD", "POST", "POST", "POST", "PUT", "DELETE", "OPTIONS"],
);

const calls = (): number =>
  http.started + http.toolCalls.length + http.mcpCalls;

test("whatever is asked, however: nothing is done without the token from where it may come, and there is always an answer", async () => {
  await fc.assert(
    fc.asyncProperty(
      method,
      path,
      headers,
      fc.boolean(),
      async (verb, where, given, hasCookie) => {
        const all = { ...given, ...(hasCookie && { cookie }) };
        const before = calls();
        const url = `http://127.0.0.1:4000${where}`;
        const hasBody = verb === "POST" || verb === "PUT";
        const response = await http.app.fetch(
          new Request(url, {
            method: verb,
            headers: all,
            ...(hasBody && { body: "{}" }),
          }),
          { timeout: () => undefined },
        );
        await response.body?.cancel();
        expect(response.headers.get("x-content-type-options")).toBe("nosniff");
        expect(response.status).toBeWithin(200, 504);
        const wasAsked = calls() > before;
        if (!wasAsked) return;
        // What the door let through had every reason to be.
        const hasToken = given.authorization === `Bearer ${TOKEN}`;
        expect(hasToken || hasCookie).toBe(true);
        expect(["localhost:1", HOST]).toContain(given.host);
        const { origin, "sec-fetch-site": site } = given;
        if (origin !== undefined)
          expect(origin).toBeOneOf([
            `http://${given.host}`,
            `https://${given.host}`,
          ]);
        else expect([undefined, "none", "same-origin"]).toContain(site);
        if (!hasToken && hasBody)
          expect(origin !== undefined || site === "same-origin").toBe(true);
      },
    ),
    { seed: 6, numRuns: 2_000 },
  );
  expect(http.started + http.toolCalls.length).toBeGreaterThan(30);
  expect(http.mcpCalls).toBeGreaterThan(10);
});
