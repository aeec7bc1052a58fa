import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { LineClient, Message } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const clients = lineClients(afterEach);

const WAIT = "while [ ! -e go ]; do sleep 0.01; done; echo gone";
const call = (argv: string[], more: object = {}) => ({
  name: "run_task",
  arguments: { kind: "shell", input: { argv }, ...more },
});
/** What a client of 2026-07-28 that can follow tasks sends with each request. */
const modern = (params: object): object => ({
  ...params,
  _meta: {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {
      extensions: { "io.modelcontextprotocol/tasks": {} },
    },
  },
});
const go = (client: LineClient) => Bun.write(client.place.path("go"), "");
const result = async (answer: Promise<Message>): Promise<Message> => {
  const got = await answer;
  if (got.error !== undefined) throw new Error(JSON.stringify(got.error));
  return got.result;
};

test("2026-07-28: a call that outlasts wait_ms becomes a task, followed to its result", async () => {
  const client = clients.start();
  const created = await result(
    client.request(
      "tools/call",
      modern(call(["sh", "-c", WAIT], { wait_ms: 1 })),
    ),
  );
  expect(created).toMatchObject({ resultType: "task", status: "working" });
  expect(created.taskId).toStartWith("task_");
  const get = () =>
    result(client.request("tasks/get", modern({ taskId: created.taskId })));
  expect(await get()).toMatchObject({ status: "working" });
  await go(client);
  const done = await until("completed", async () => {
    const task = await get();
    return task.status === "completed" ? task : null;
  });
  expect(done.result.structuredContent).toMatchObject({
    task_id: created.taskId,
    status: "completed",
    value: { stdout: "gone\n" },
  });
});

test("2026-07-28: a task is cancelled, and an unknown one is an invalid parameter", async () => {
  const client = clients.start();
  const { taskId } = await result(
    client.request(
      "tools/call",
      modern(call(["sleep", "300"], { wait_ms: 1 })),
    ),
  );
  expect(
    (await client.request("tasks/cancel", modern({ taskId }))).error,
  ).toBeUndefined();
  await until("cancelled", async () => {
    const { status } = await result(
      client.request("tasks/get", modern({ taskId })),
    );
    return status === "cancelled";
  });
  expect(
    (await client.request("tasks/get", modern({ taskId: "task_nope" }))).error
      .code,
  ).toBe(-32602);
});

test("2025-11-25: a call with `task` is a task at once; tasks/result waits and answers as the call would have", async () => {
  const client = await clients.open();
  const { task } = await result(
    client.request("tools/call", { ...call(["sh", "-c", WAIT]), task: {} }),
  );
  expect(task).toMatchObject({ status: "working" });
  const waiting = client.request("tasks/result", { taskId: task.taskId });
  expect(
    await result(client.request("tasks/get", { taskId: task.taskId })),
  ).toMatchObject({ status: "working" });
  await go(client);
  expect(await result(waiting)).toMatchObject({
    structuredContent: { status: "completed", value: { stdout: "gone\n" } },
    _meta: { "io.modelcontextprotocol/related-task": { taskId: task.taskId } },
  });
  const { tasks } = await result(client.request("tasks/list"));
  expect(tasks).toMatchObject([{ taskId: task.taskId, status: "completed" }]);
});

test("2025-11-25: a failed command is a completed task with an error result; a cancelled one is cancelled", async () => {
  const client = await clients.open();
  const failed = await result(
    client.request("tools/call", { ...call(["false"]), task: {} }),
  );
  expect(
    await result(
      client.request("tasks/result", { taskId: failed.task.taskId }),
    ),
  ).toMatchObject({
    isError: true,
    structuredContent: { error: { code: "NON_ZERO_EXIT" } },
  });
  const long = await result(
    client.request("tools/call", { ...call(["sleep", "300"]), task: {} }),
  );
  expect(
    await result(client.request("tasks/cancel", { taskId: long.task.taskId })),
  ).toMatchObject({ status: "cancelled" });
  expect(
    (await client.request("tasks/cancel", { taskId: long.task.taskId })).error
      .code,
  ).toBe(-32602);
});

test("bad arguments of a call that is to be a task are refused before there is one", async () => {
  const client = await clients.open();
  const answer = await client.request("tools/call", {
    name: "run_task",
    arguments: { kind: "nope", input: {} },
    task: {},
  });
  expect(answer.result).toMatchObject({
    isError: true,
    structuredContent: { code: "UNKNOWN_KIND" },
  });
  expect((await result(client.request("tasks/list"))).tasks).toEqual([]);
});
