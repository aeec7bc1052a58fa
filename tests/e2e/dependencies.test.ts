import {
  afterAll,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import {
  GENERATIONS,
  sdkClients,
  type SdkClient,
} from "../support/sdk-clients.ts";

setDefaultTimeout(30_000);

const shell = (...argv: string[]) => ({ kind: "shell", input: { argv } });

describe.each(GENERATIONS)("dependencies, %s client", (generation) => {
  const connect = sdkClients(afterAll);
  let sdk: SdkClient;
  beforeAll(async () => {
    sdk = await connect(generation);
  });
  const release = (name: string) => Bun.write(sdk.place.path(name), "");
  const waitFor = (name: string) =>
    `while [ ! -e ${name} ]; do sleep 0.01; done`;

  test("a task after others waits for them; one that failed fails it and names itself", async () => {
    const parent = await sdk.ask(
      "submit_task",
      shell("sh", "-c", `${waitFor("go.after")}; echo parent >> order.txt`),
    );
    const child = await sdk.ask("submit_task", {
      ...shell("sh", "-c", "echo child >> order.txt"),
      after: [parent.task_id],
    });
    const bad = await sdk.ask("submit_task", shell("false"));
    const orphan = await sdk.ask("submit_task", {
      ...shell("true"),
      after: [bad.task_id, parent.task_id],
    });
    await release("go.after");
    const { results } = await sdk.ask("await_task", {
      task_ids: [child.task_id, orphan.task_id],
    });
    expect(results[0].status).toBe("completed");
    expect(await Bun.file(sdk.place.path("order.txt")).text()).toBe(
      "parent\nchild\n",
    );
    expect(results[1]).toMatchObject({
      status: "failed",
      error: {
        code: "DEPENDENCY_FAILED",
        message: expect.stringContaining(bad.task_id),
      },
    });
    expect(
      await sdk.call("submit_task", { ...shell("true"), after: ["task_nope"] }),
    ).toMatchObject({
      isError: true,
      structuredContent: { code: "NOT_FOUND" },
    });
  });

  test("a task that waits for another can be cancelled, as can one that waits for its place in a batch", async () => {
    const parent = await sdk.ask(
      "submit_task",
      shell("sh", "-c", waitFor("go.cancel")),
    );
    const child = await sdk.ask("submit_task", {
      ...shell("true"),
      after: [parent.task_id],
    });
    expect(
      await sdk.ask("cancel_task", { task_id: child.task_id }),
    ).toMatchObject({ status: "cancelled" });
    const batch = await sdk.ask("run_batch", {
      max_parallel: 1,
      wait_ms: 1,
      tasks: [shell("sh", "-c", waitFor("go.cancel")), shell("true")],
    });
    const [running, queued] = batch.results;
    expect(
      await sdk.ask("cancel_task", { task_id: queued.task_id }),
    ).toMatchObject({
      status: "cancelled",
      error: { message: expect.stringContaining("not started") },
    });
    await release("go.cancel");
    const { results } = await sdk.ask("await_task", {
      task_ids: [parent.task_id, running.task_id],
    });
    expect(results).toMatchObject([
      { status: "completed" },
      { status: "completed" },
    ]);
  });

  test("the transport had nothing to complain of", () => {
    expect(sdk.errors).toEqual([]);
  });
});
