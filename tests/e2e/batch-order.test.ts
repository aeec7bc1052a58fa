import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import type { LineClient, Message } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { logged, openGate, work } from "../support/staged-work.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const clients = lineClients(afterAll);
let client: LineClient;
beforeAll(async () => {
  client = await clients.open({ env: { FLOW_BALANCER_POOL_MAX_WORKERS: "4" } });
});

/** Begins with an empty log and a closed gate. */
const batch = (args: object): Promise<Message> => {
  for (const name of ["log", "gate"])
    rmSync(client.place.path(name), { force: true });
  return client.ask("run_batch", args);
};
const of = (answer: Message, key: string) =>
  answer.results.map((one: Message) => one[key]);
const counted = async () => ({
  total: (await client.ask("list_tasks")).tasks.length,
});
const codes = (answer: Message) =>
  answer.results.map((one: Message) => one.error?.code ?? one.status);

test("sequential: each after the one before, whatever each takes", async () => {
  const names = ["a", "b", "c", "d", "e"];
  const answer = await batch({
    type: "sequential",
    max_parallel: 5,
    tasks: names.map((name, at) => work(client, name, { ms: 20 - at * 4 })),
  });
  expect(of(answer, "value")).toEqual(names);
  expect(logged(client)).toEqual(
    names.flatMap((name) => [`begin ${name}`, `end ${name}`]),
  );
  for (const key of ["makespan_ms", "sequential_ms", "speedup"])
    expect(answer[key]).toBeNumber();
});

test("pipeline: stages one after the other whatever their order in the list, tasks of a stage side by side", async () => {
  const running = batch({
    type: "pipeline",
    tasks: [
      work(client, "late", { stage: 7 }),
      work(client, "x", { stage: 2, isGated: true }),
      work(client, "first", { stage: 1 }),
      work(client, "y", { stage: 2, isGated: true }),
    ],
  });
  const atGate = ["begin first", "end first", "begin x", "begin y"];
  await until("both of stage 2 at once", () => logged(client).length === 4);
  expect(logged(client).toSorted()).toEqual(atGate.toSorted());
  expect(logged(client).slice(0, 2)).toEqual(atGate.slice(0, 2));
  await openGate(client);
  expect(of(await running, "value")).toEqual(["late", "x", "first", "y"]);
  expect(logged(client).slice(-2)).toEqual(["begin late", "end late"]);
});

test("max_parallel is kept in each stage of a pipeline, and used", async () => {
  const answer = await batch({
    type: "pipeline",
    max_parallel: 2,
    tasks: Array.from({ length: 10 }, (_, at) =>
      work(client, `${at}`, { ms: 15, stage: 1 + (at % 2) }),
    ),
  });
  expect(codes(answer)).toEqual(Array.from({ length: 10 }, () => "completed"));
  let inside = 0;
  const most = logged(client).map((line) => {
    inside += line.startsWith("begin") ? 1 : -1;
    return inside;
  });
  expect(Math.max(...most.slice(0, 10))).toBe(2);
  expect(Math.max(...most.slice(10))).toBe(2);
});

test("what a failure leaves impossible ends with DEPENDENCY_FAILED and names it; the rest of its stage goes on", async () => {
  for (const on_error of ["continue", "stop"]) {
    const answer = await batch({
      type: "pipeline",
      on_error,
      tasks: [
        work(client, "bad", { stage: 1, fail: true }),
        work(client, "good", { stage: 1, ms: 20 }),
        work(client, "second", { stage: 2 }),
        work(client, "third", { stage: 3 }),
      ],
    });
    const [bad, good, second, third] = answer.results;
    expect(bad).toMatchObject({ status: "failed" });
    expect(good).toMatchObject({ status: "completed", value: "good" });
    expect(second).toMatchObject({
      status: "failed",
      error: {
        code: "DEPENDENCY_FAILED",
        message: expect.stringContaining(bad.task_id),
      },
    });
    expect(third.error).toMatchObject({
      code: "DEPENDENCY_FAILED",
      message: expect.stringContaining(second.task_id),
    });
    expect(logged(client).toSorted()).toEqual([
      "begin bad",
      "begin good",
      "end good",
    ]);
  }
  const answer = await batch({
    type: "sequential",
    tasks: [
      work(client, "one"),
      work(client, "two", { fail: true }),
      work(client, "three"),
    ],
  });
  expect(of(answer, "status")).toEqual(["completed", "failed", "failed"]);
  expect(answer.results[2].error.message).toContain(answer.results[1].task_id);
  expect(logged(client)).toEqual(["begin one", "end one", "begin two"]);
});

test("if one is refused outright, nothing is recorded", async () => {
  const key = { idempotency_key: "taken" };
  await client.ask("run_task", { ...work(client, "earlier"), ...key });
  const { total } = await counted();
  const answer = await batch({
    type: "pipeline",
    tasks: [
      work(client, "good", { stage: 1 }),
      { ...work(client, "another", { stage: 1 }), ...key },
      work(client, "second", { stage: 2 }),
    ],
  });
  expect(answer).toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
  expect((await counted()).total).toBe(total);
  expect(logged(client)).toEqual([]);
});

test("stages that cannot be are refused before anything is submitted, and it is said where", async () => {
  const task = { kind: "shell", input: { argv: ["true"] } };
  const staged = { ...task, stage: 1 };
  const many = Array.from({ length: 1_000 }, (_, at) => ({
    ...task,
    stage: 1 + (at % 2),
  }));
  const cases: [object, string][] = [
    [{ type: "pipeline", tasks: [staged, task] }, "/tasks/1/stage: each item"],
    [{ tasks: [task, staged] }, "/tasks/1/stage: only a pipeline"],
    [
      { type: "sequential", tasks: [staged] },
      "only a pipeline has stages, this list is sequential",
    ],
    [
      { type: "pipeline", tasks: many },
      "250000 dependencies, at most 10000 are taken",
    ],
    [
      { type: "pipeline", tasks: [staged], max_parallel: 2, on_error: "stop" },
      "/on_error",
    ],
    [{ type: "waves", tasks: [task] }, "/type"],
    [{ type: "pipeline", tasks: [{ ...task, stage: 1.5 }] }, "/tasks/0/stage"],
  ];
  const before = (await client.ask("list_tasks")).tasks[0].task_id;
  for (const [args, says] of cases)
    expect(await client.call("run_batch", args)).toMatchObject({
      isError: true,
      structuredContent: {
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(says),
      },
    });
  expect((await client.ask("list_tasks")).tasks[0].task_id).toBe(before);
});

test("two large stages are fine with one task between them", async () => {
  const { results } = await batch({
    type: "pipeline",
    tasks: Array.from({ length: 401 }, (_, at) => ({
      kind: "script",
      input: { code: "export default (n: number) => n;", args: at },
      stage: at < 200 ? 1 : at === 200 ? 2 : 3,
    })),
  });
  expect(results.map(({ value }: Message) => value)).toEqual(
    Array.from({ length: 401 }, (_, at) => at),
  );
});

test("a pipeline that outlasts wait_ms goes on; one whose call is cancelled does not", async () => {
  const tasks = [1, 2].map((stage) =>
    work(client, `${stage}`, { stage, isGated: stage === 1 }),
  );
  const answer = await batch({ type: "pipeline", wait_ms: 1, tasks });
  expect(of(answer, "status")).toEqual(["working", "working"]);
  await openGate(client);
  const task_ids = of(answer, "task_id");
  expect(of(await client.ask("await_task", { task_ids }), "status")).toEqual([
    "completed",
    "completed",
  ]);

  for (const name of ["log", "gate"]) rmSync(client.place.path(name));
  const requestId = client.send("tools/call", {
    name: "run_batch",
    arguments: {
      type: "sequential",
      tasks: ["p", "q", "r"].map((name) =>
        work(client, name, { isGated: true }),
      ),
    },
  });
  await until("the first to run", () => logged(client).length === 1);
  client.notify("notifications/cancelled", { requestId });
  const newest = await until("all of them to end", async () => {
    const { tasks: listed } = await client.ask("list_tasks");
    const three = listed.slice(0, 3).map(({ status }: Message) => status);
    return three.some((state: string) => /queued|running/.test(state))
      ? null
      : three;
  });
  expect(newest).toEqual(["cancelled", "cancelled", "cancelled"]);
  expect(logged(client)).toEqual(["begin p"]);
});
