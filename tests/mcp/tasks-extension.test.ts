import { describe, expect, test } from "bun:test";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { compileCatalog } from "../../flow-balancer/mcp/compiled-catalog.ts";
import { createServer } from "../../flow-balancer/mcp/server.ts";
import { fixtureEnv } from "../conformance/fixtures/fixture-env.ts";
import { sampleCatalog } from "./sample-catalog.ts";
import { type Message, StdioPair } from "./stdio-pair.ts";

const TASKS = "io.modelcontextprotocol/tasks";
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const unknown = { taskId: "task_nope" };

const modern = (capabilities: object = { extensions: { [TASKS]: {} } }) =>
  new StdioPair(sampleCatalog().catalog, "modern", capabilities);

async function legacy(capabilities: object = {}): Promise<StdioPair> {
  const pair = new StdioPair(sampleCatalog().catalog, "legacy");
  await pair.initialize(capabilities);
  return pair;
}

/** Asks until the task has that status; bounded by the test's own time. */
async function until(
  pair: StdioPair,
  taskId: string,
  status: string,
): Promise<Message> {
  for (;;) {
    const { result } = await pair.request("tasks/get", { taskId });
    if (result.status === status) return result;
    await Bun.sleep(1);
  }
}

describe("tasks of 2026-07-28", () => {
  test("the extension is announced, the old capability is not", async () => {
    const pair = modern();
    const { capabilities } = (await pair.request("server/discover")).result;
    expect(capabilities.extensions).toEqual({ [TASKS]: {} });
    expect(capabilities.tasks).toBeUndefined();
    await pair.close();
  });

  test("a call may become a task, whose end has the result", async () => {
    const pair = modern();
    const { result } = await pair.call("grow");
    expect(result.resultType).toBe("task");
    expect(result.createdAt).toMatch(ISO);
    expect(result.lastUpdatedAt).toMatch(ISO);
    expect(result.ttlMs).toBeInteger();
    expect(result.pollIntervalMs).toBeInteger();
    for (const key of ["task", "result", "error", "inputRequests", "ttl"])
      expect(result).not.toHaveProperty(key);
    const done = await until(pair, result.taskId, "completed");
    expect(done).toMatchObject({
      resultType: "complete",
      result: { content: [{ text: "grown" }] },
    });
    await pair.close();
  });

  test("a client that did not declare the extension on the request never gets one", async () => {
    const pair = modern({});
    expect((await pair.call("grow")).result.content[0].text).toBe(
      "grown at once",
    );
    for (const [method, params] of [
      ["tools/call", { name: "only_task", arguments: {} }],
      ["tasks/get", unknown],
      ["tasks/update", { ...unknown, inputResponses: {} }],
      ["tasks/cancel", unknown],
    ] as const)
      expect(await pair.request(method, params)).toMatchObject({
        error: {
          code: -32021,
          data: { requiredCapabilities: { extensions: { [TASKS]: {} } } },
        },
      });
    await pair.close();
  });

  test("an unknown task is an invalid parameter; methods of the old wire are not there", async () => {
    const pair = modern();
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"])
      expect(await pair.request(method, unknown)).toMatchObject({
        error: { code: -32602, data: unknown },
      });
    for (const method of ["tasks/list", "tasks/result"])
      expect(await pair.request(method, unknown)).toMatchObject({
        error: { code: -32601 },
      });
    expect(await pair.request("tasks/get", { taskId: 3 })).toMatchObject({
      error: { code: -32602 },
    });
    await pair.close();
  });

  test("a task asks, is answered and goes on", async () => {
    const pair = modern();
    const { taskId, status } = (await pair.call("only_task")).result;
    expect(status).toBe("working");
    const asking = await until(pair, taskId, "input_required");
    expect(asking.inputRequests.name.method).toBe("elicitation/create");
    await pair.request("tasks/update", {
      taskId,
      inputResponses: { other: { action: "decline" } },
    });
    await until(pair, taskId, "input_required");
    const ack = await pair.request("tasks/update", {
      taskId,
      inputResponses: { name: { action: "accept", content: { name: "Ada" } } },
    });
    expect(ack.result).toMatchObject({ resultType: "complete" });
    expect(ack.result).not.toHaveProperty("status");
    const done = await until(pair, taskId, "completed");
    expect(done.result.content[0].text).toBe("Named Ada");
    await pair.close();
  });

  test("cancelling is acknowledged, and again once it is over", async () => {
    const pair = modern();
    const { taskId } = (await pair.call("only_task")).result;
    for (let time = 0; time < 2; time++)
      expect(await pair.request("tasks/cancel", { taskId })).toMatchObject({
        result: { resultType: "complete" },
      });
    await until(pair, taskId, "cancelled");
    await pair.close();
  });

  test("the end of the call does not end the task", async () => {
    const sample = sampleCatalog();
    const pair = new StdioPair(sample.catalog, "modern", {
      extensions: { [TASKS]: {} },
    });
    const { taskId } = (await pair.call("only_task")).result;
    pair.notify("notifications/cancelled", { requestId: 1 });
    await pair.close();
    expect((await sample.tasks.get(taskId))?.status).toBe("input_required");
  });
});

describe("tasks of 2025-11-25", () => {
  test("the capability is announced down to tools/call, the extension is not", async () => {
    const pair = new StdioPair();
    const { capabilities } = (await pair.initialize()).result;
    expect(capabilities.tasks).toEqual({
      list: {},
      cancel: {},
      requests: { tools: { call: {} } },
    });
    expect(capabilities.extensions).toBeUndefined();
    await pair.close();
  });

  test("a call with `task` becomes one; without, it is answered at once", async () => {
    const pair = await legacy();
    expect((await pair.call("grow")).result.content[0].text).toBe(
      "grown at once",
    );
    const { task } = (await pair.call("grow", {}, { task: { ttl: 60_000 } }))
      .result;
    expect(task.createdAt).toMatch(ISO);
    expect(task.ttl).toBeInteger();
    expect(task.pollInterval).toBeInteger();
    const { result } = await pair.request("tasks/result", {
      taskId: task.taskId,
    });
    expect(result).toMatchObject({
      content: [{ text: "grown" }],
      _meta: {
        "io.modelcontextprotocol/related-task": { taskId: task.taskId },
      },
    });
    await pair.close();
  });

  test("a tool that must be a task refuses a call without one", async () => {
    const pair = await legacy();
    expect(await pair.call("only_task")).toMatchObject({
      error: { code: -32601, message: expect.stringContaining("only_task") },
    });
    await pair.close();
  });

  test("tasks/result gives the error a failed task ended with", async () => {
    const pair = await legacy();
    const { task } = (await pair.call("grow", { fail: true }, { task: {} }))
      .result;
    expect(
      await pair.request("tasks/result", { taskId: task.taskId }),
    ).toMatchObject({ error: { code: -32603, message: "withered" } });
    await pair.close();
  });

  test("tasks/result puts the task's questions to the client meanwhile", async () => {
    const pair = await legacy({ elicitation: {} });
    const { task } = (await pair.call("only_task", {}, { task: {} })).result;
    const asked = pair.next(({ method }) => method === "elicitation/create");
    const result = pair.request("tasks/result", { taskId: task.taskId });
    const question = await asked;
    expect(question.params._meta).toEqual({
      "io.modelcontextprotocol/related-task": { taskId: task.taskId },
    });
    pair.line({
      jsonrpc: "2.0",
      id: question.id,
      result: { action: "accept", content: { name: "Bo" } },
    });
    expect((await result).result.content[0].text).toBe("Named Bo");
    await pair.close();
  });

  test("a task is cancelled once; afterwards that is an error", async () => {
    const pair = await legacy();
    const { task } = (await pair.call("endless", {}, { task: {} })).result;
    const { taskId } = task;
    expect(await pair.request("tasks/cancel", { taskId })).toMatchObject({
      result: { taskId, status: "cancelled" },
    });
    expect(await pair.request("tasks/cancel", { taskId })).toMatchObject({
      error: { code: -32602, message: expect.stringContaining("cancelled") },
    });
    expect(await pair.request("tasks/result", { taskId })).toMatchObject({
      error: { code: -32602 },
    });
    await pair.close();
  });

  test("tasks/list pages from the newest; an unknown task is an invalid parameter", async () => {
    const pair = await legacy();
    const started: string[] = [];
    for (let count = 0; count < 25; count++)
      started.push(
        (await pair.call("grow", {}, { task: {} })).result.task.taskId,
      );
    const first = (await pair.request("tasks/list")).result;
    const second = (
      await pair.request("tasks/list", { cursor: first.nextCursor })
    ).result;
    expect(
      [...first.tasks, ...second.tasks].map((task: Message) => task.taskId),
    ).toEqual(started.reverse());
    expect(second.nextCursor).toBeUndefined();
    for (const method of ["tasks/get", "tasks/result", "tasks/cancel"])
      expect(await pair.request(method, unknown)).toMatchObject({
        error: { code: -32602 },
      });
    await pair.close();
  });

  test("the 1.x client's own task calls get through", async () => {
    const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
    const compiled = compileCatalog(sampleCatalog().catalog);
    serveStdio(
      ({ era }) =>
        createServer(compiled, {
          era,
          connection: "memory",
          lifetime: "connection",
          env: fixtureEnv,
          onerror: () => undefined,
        }),
      { transport: serverSide },
    );
    const client = new LegacyClient({ name: "v1", version: "1" });
    await client.connect(clientSide as never);
    await client.listTools();
    const kinds: string[] = [];
    for await (const message of client.experimental.tasks.callToolStream({
      name: "grow",
      arguments: {},
      task: {},
    } as never)) {
      kinds.push(message.type);
      if (message.type === "result")
        expect(message.result).toMatchObject({ content: [{ text: "grown" }] });
    }
    expect(kinds.at(0)).toBe("taskCreated");
    expect(kinds.at(-1)).toBe("result");
    await client.close();
  });
});
