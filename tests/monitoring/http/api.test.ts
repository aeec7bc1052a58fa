import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { z } from "zod";
import {
  healthView,
  instancesView,
  overviewView,
  seriesView,
  workersView,
} from "../../../monitoring/api/overview-views.ts";
import {
  auditEntryView,
  auditView,
  boardView,
  learningView,
  sessionsView,
  timeoutsView,
} from "../../../monitoring/api/shared-views.ts";
import {
  bulkView,
  taskListView,
  taskView,
} from "../../../monitoring/api/task-views.ts";
import { BEARER, codeOf, HttpUnderTest } from "./http-under-test.ts";

const API = "/api/v1";

let http: HttpUnderTest;
beforeEach(() => {
  http = new HttpUnderTest();
});
afterEach(() => http.stop());

test.each<[string, z.ZodType]>([
  ["overview", overviewView],
  ["series", seriesView],
  ["health", healthView],
  ["workers", workersView],
  ["tasks", taskListView],
  ["tasks/some", taskView],
  ["board", boardView],
  ["sessions", sessionsView],
  ["instances", instancesView],
  ["timeouts", timeoutsView],
  ["learning", learningView],
  ["audit", auditView],
])("%s is JSON of its schema", async (path, schema) => {
  const response = await http.ask(`${API}/${path}`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toStartWith("application/json");
  schema.parse(await response.json());
});

describe("a list of tasks", () => {
  const asked = async (query: string) => {
    const { status } = await http.ask(`${API}/tasks${query}`);
    return { status, filter: http.watch.filters.at(-1) };
  };

  test("is filtered by what the query says", async () => {
    expect(await asked("")).toEqual({ status: 200, filter: { limit: 100 } });
    const all =
      "?state=failed,timed_out&kind=shell&session=s&worker=w1&since=5&text=a%20b&before=9&limit=500";
    expect((await asked(all)).filter).toEqual({
      state: ["failed", "timed_out"],
      kind: "shell",
      session: "s",
      worker: "w1",
      since: 5,
      text: "a b",
      before: 9,
      limit: 500,
    });
    const hour = await asked("?since=1h");
    expect(hour.filter?.since).toBe(http.env.now() - 3_600_000);
  });

  test.each([
    "?state=lost",
    "?state=failed,,x",
    "?limit=0",
    "?limit=501",
    "?limit=ten",
    "?since=yesterday",
    "?before=1.5",
    "?before=",
    `?kind=${"k".repeat(65)}`,
    "?sesion=s",
    "?state=failed&state=queued",
    "?__proto__=1",
  ])("%s is refused with what is wrong", async (query) => {
    const response = await http.ask(`${API}/tasks${query}`);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as {
      error: Record<string, string>;
    };
    expect(error["code"]).toBe("INVALID_ARGUMENT");
    expect(error["message"]).toMatch(/^query(?: '\w+')?: /);
    expect(error["hint"]).toContain("openapi.json");
    expect(http.watch.filters).toEqual([]);
  });

  test("a state that is none is told with those there are", async () => {
    const response = await http.ask(`${API}/tasks?state=failed,lost`);
    const text = await response.text();
    expect(text).toContain("'lost'");
    expect(text).toContain("timed_out");
  });
});

test.each(["minutes=0", "minutes=61", "minutes=x", "minute=5"])(
  "series refuses %s",
  async (query) => {
    expect((await http.ask(`${API}/series?${query}`)).status).toBe(400);
  },
);

test("series are of a quarter of an hour unless told", async () => {
  const minutes = async (query: string) =>
    (
      (await (await http.ask(`${API}/series${query}`)).json()) as {
        step_ms: number;
      }
    ).step_ms;
  expect(await minutes("")).toBe(15);
  expect(await minutes("?minutes=60")).toBe(60);
});

test("a task that is not there is told apart from a path that is not", async () => {
  const response = await http.ask(`${API}/tasks/missing`);
  expect([response.status, await codeOf(response)]).toEqual([404, "NOT_FOUND"]);
});

describe("what a person does", () => {
  test("reaches the server with who did it", async () => {
    const ids = { task_ids: ["a", "b"] };
    const cancelled = await http.post(`${API}/tasks/cancel`, ids);
    bulkView.parse(await cancelled.json());
    await http.post(`${API}/tasks/retry`, ids);
    const change = { tier: "hot", paused: true, limit: null };
    auditEntryView.parse(
      await (await http.post(`${API}/tiers`, change)).json(),
    );
    await http.post(`${API}/workers/w1/kill`, {});
    // Without a body, too.
    await http.ask(`${API}/audit/7/undo`, { method: "POST" });
    expect(http.steering.done).toEqual([
      ["cancel", ["a", "b"], "api"],
      ["retry", ["a", "b"], "api"],
      ["tier", change, "api"],
      ["kill", "w1", "api"],
      ["undo", 7, "api"],
    ]);
  });

  test.each([
    ["tasks/cancel", {}],
    ["tasks/cancel", { task_ids: [] }],
    ["tasks/cancel", { task_ids: [1] }],
    ["tasks/retry", { task_ids: ["x".repeat(65)] }],
    ["tiers", { tier: "lukewarm" }],
    ["tiers", { tier: "hot", limit: -1 }],
    ["tiers", { tier: "hot", drain: false }],
    // A slip of the pen is no wish left out.
    ["tiers", { tier: "hot", limit: 3, pausd: true }],
    ["tasks/cancel", { task_ids: ["a"], dry_run: true }],
    ["audit/x/undo", {}],
    ["audit/-1/undo", {}],
  ])("is refused where it makes no sense: %s %j", async (path, body) => {
    const response = await http.post(`${API}/${path}`, body);
    expect([response.status, await codeOf(response)]).toEqual([
      400,
      "INVALID_ARGUMENT",
    ]);
    expect(http.steering.done).toEqual([]);
  });

  test("without a type is told which one", async () => {
    const response = await fetch(`${http.origin}${API}/tasks/cancel`, {
      method: "POST",
      headers: BEARER,
      body: new TextEncoder().encode('{"task_ids":["a"]}'),
    });
    expect(response.status).toBe(415);
    expect(await response.text()).toContain("'Content-Type: application/json'");
  });

  test("and cannot be has the code and status of why", async () => {
    const response = await http.post(`${API}/workers/missing/kill`, {});
    expect([response.status, await codeOf(response)]).toEqual([
      404,
      "NOT_FOUND",
    ]);
  });
});

describe("tools", () => {
  test("are listed and called with what was sent", async () => {
    const { tools } = (await (await http.ask(`${API}/tools`)).json()) as {
      tools: { name: string; read_only: boolean }[];
    };
    expect(tools).toEqual([
      expect.objectContaining({ name: "look", read_only: true }),
      expect.objectContaining({ name: "change", read_only: false }),
    ]);
    const answer = await http.post(`${API}/tools/change`, { a: [1] });
    expect(await answer.json()).toEqual({ answered: { a: [1] } });
    await http.ask(`${API}/tools/look`, { method: "POST" });
    expect(http.toolCalls).toEqual([
      ["change", { a: [1] }],
      ["look", {}],
    ]);
  });

  test("may be given as much as over MCP, and no more", async () => {
    const send = (bytes: number) =>
      http.post(`${API}/tools/look`, { a: "x".repeat(bytes) });
    expect((await send(4_000_000)).status).toBe(200);
    const refused = await send(4_200_000);
    expect([refused.status, await codeOf(refused)]).toEqual([
      413,
      "PAYLOAD_TOO_LARGE",
    ]);
  });
});

test("a call of a tool may take as long as it does, but to send it may not", async () => {
  const limits: number[] = [];
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const answer = http.app.fetch(
    new Request(`${http.origin}${API}/tools/look`, {
      method: "POST",
      // With a length the body is read by nobody before the tool's route.
      headers: { ...BEARER, Host: "localhost", "Content-Length": "2" },
      body: body.readable,
    }),
    { timeout: (seconds) => limits.push(seconds) },
  );
  await writer.write(new TextEncoder().encode("{"));
  expect(limits).toEqual([]);
  await writer.write(new TextEncoder().encode("}"));
  await writer.close();
  expect((await answer).status).toBe(200);
  expect(limits).toEqual([0]);
});

describe("a server that is read-only", () => {
  let only: HttpUnderTest;
  beforeEach(() => {
    only = new HttpUnderTest({ settings: { readOnly: true } });
  });
  afterEach(() => only.stop());

  test.each([
    ["tasks/cancel", { task_ids: ["a"] }],
    ["tasks/retry", { task_ids: ["a"] }],
    ["tiers", { tier: "hot", paused: true }],
    ["workers/w1/kill", {}],
    ["audit/1/undo", {}],
    ["tools/change", {}],
  ])("refuses POST %s", async (path, body) => {
    const response = await only.post(`${API}/${path}`, body);
    expect([response.status, await codeOf(response)]).toEqual([
      403,
      "READ_ONLY",
    ]);
    expect([...only.steering.done, ...only.toolCalls]).toEqual([]);
  });

  test("shows everything, and takes work over MCP", async () => {
    expect((await only.ask(`${API}/overview`)).status).toBe(200);
    expect((await only.post(`${API}/tools/look`, {})).status).toBe(200);
    expect((await only.post("/mcp", {})).status).toBe(200);
  });

  test("lets a browser look only: with the cookie there is no MCP", async () => {
    const own = { Cookie: await only.cookie(), Origin: only.origin };
    expect((await only.ask(`${API}/overview`, { headers: own })).status).toBe(
      200,
    );
    const response = await only.post("/mcp", {}, own);
    expect([response.status, await codeOf(response)]).toEqual([
      403,
      "READ_ONLY",
    ]);
    expect(
      (
        await http.post(
          "/mcp",
          {},
          { Cookie: await http.cookie(), Origin: http.origin },
        )
      ).status,
    ).toBe(200);
  });
});
