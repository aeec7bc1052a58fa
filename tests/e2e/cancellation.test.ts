import {
  afterAll,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { readFileSync } from "node:fs";
import { livingProcess } from "../support/processes.ts";
import {
  GENERATIONS,
  sdkClients,
  type SdkClient,
} from "../support/sdk-clients.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);

/**
 * A tree of every shape a command can leave: a child, one in a session of its own, a daemon's
 * double fork in a session of its own, one deaf to SIGTERM. Each writes its pid down.
 */
const TREE = `
name=$0
sleep 300 & echo $! >> $name.pids
setsid sh -c 'echo $$ >> '$name'.pids; exec sleep 300' &
(setsid sh -c 'echo $$ >> '$name'.pids; (trap "" TERM; exec sleep 300) & echo $! >> '$name'.pids; wait' > /dev/null 2>&1 &)
trap '' TERM
echo $$ >> $name.pids
while :; do sleep 1; done`;
const TREE_SIZE = 5;

describe.each(GENERATIONS)("cancellation, %s client", (generation) => {
  const connect = sdkClients(afterAll);
  let sdk: SdkClient;
  beforeAll(async () => {
    sdk = await connect(generation, {
      env: { FLOW_BALANCER_POOL_CANCEL_GRACE_MS: "400" },
    });
  });

  const tree = (name: string) => ({
    kind: "shell",
    input: { argv: ["sh", "-c", TREE, name] },
  });
  const grown = (name: string): Promise<number[]> =>
    until("the whole tree", () => {
      const file = sdk.place.path(`${name}.pids`);
      const pids = ((): string => {
        try {
          return readFileSync(file, "utf8");
        } catch {
          return "";
        }
      })()
        .split("\n")
        .filter((line) => line !== "")
        .map(Number);
      return pids.length === TREE_SIZE &&
        pids.every((pid) => livingProcess(pid) !== null)
        ? pids
        : null;
    });
  const dead = (pids: readonly number[]) =>
    until(
      "the end of the tree",
      () => pids.every((pid) => livingProcess(pid) === null),
      5_000,
    );

  test("a call that only joined a task, by its key, takes nobody's task along", async () => {
    const task = {
      kind: "shell",
      input: { argv: ["sh", "-c", "until [ -e go ]; do sleep 0.01; done"] },
      idempotency_key: `shared by two, ${generation}`,
    };
    const first = sdk.call("run_task", task);
    await until(
      "its start",
      async () =>
        (await sdk.ask("list_tasks", { state: "running" })).tasks.length === 1,
    );
    const abort = new AbortController();
    const second = sdk.call("run_task", task, { signal: abort.signal });
    const gone = second.then(
      () => "answered",
      () => "aborted",
    );
    // Answered after the second call was read, since calls are read in order.
    await sdk.ask("pool_status", {});
    abort.abort();
    expect(await gone).toBe("aborted");
    await sdk.ask("pool_status", {});
    await Bun.write(sdk.place.path("go"), "");
    expect((await first).structuredContent.status).toBe("completed");
  });

  test("a client that cancels its call ends the task's whole tree, daemons included", async () => {
    const abort = new AbortController();
    const call = sdk.call("run_task", tree("call"), { signal: abort.signal });
    const ended = call.then(
      () => "answered",
      () => "rejected",
    );
    const pids = await grown("call");
    abort.abort();
    expect(await ended).toBe("rejected");
    await dead(pids);
    const newest = await until("it to be on disk", async () => {
      const { tasks } = await sdk.ask("list_tasks", {});
      return tasks[0].status === "running" ? null : tasks[0];
    });
    expect(newest).toMatchObject({
      status: "cancelled",
      error_code: "CANCELLED",
    });
  });

  test("cancel_task answers once the tree is gone, and again the same", async () => {
    const { task_id } = await sdk.ask("submit_task", tree("tool"));
    const pids = await grown("tool");
    const answer = await sdk.call("cancel_task", { task_id });
    expect(pids.filter((pid) => livingProcess(pid) !== null)).toEqual([]);
    expect(answer.isError).toBeUndefined();
    expect(answer.structuredContent).toMatchObject({
      status: "cancelled",
      error: { code: "CANCELLED" },
    });
    expect(await sdk.ask("cancel_task", { task_id })).toMatchObject({
      status: "cancelled",
    });
  });

  test("a deadline ends the whole tree as well", async () => {
    const running = sdk.ask("run_task", { ...tree("late"), timeout_ms: 1_500 });
    const pids = await grown("late");
    expect(await running).toMatchObject({
      status: "timed_out",
      error: { code: "TASK_TIMEOUT" },
    });
    expect(pids.filter((pid) => livingProcess(pid) !== null)).toEqual([]);
  });

  test("a cancelled batch ends those that run and starts no other", async () => {
    const abort = new AbortController();
    const call = sdk
      .call(
        "run_batch",
        {
          max_parallel: 1,
          tasks: [
            tree("batch"),
            { kind: "shell", input: { argv: ["touch", "never"] } },
          ],
        },
        { signal: abort.signal },
      )
      .catch(() => "rejected");
    const pids = await grown("batch");
    abort.abort();
    expect(await call).toBe("rejected");
    await dead(pids);
    const two = await until("both cancelled", async () => {
      const { tasks } = await sdk.ask("list_tasks", { state: "cancelled" });
      const newest = (await sdk.ask("list_tasks", {})).tasks.slice(0, 2);
      return newest.every((one: { task_id: string }) =>
        tasks.some(
          (other: { task_id: string }) => other.task_id === one.task_id,
        ),
      );
    });
    expect(two).toBe(true);
    expect(await Bun.file(sdk.place.path("never")).exists()).toBe(false);
  });

  test("a script sees the cancel by its signal; one that spins is ended by force", async () => {
    const run = (code: string) =>
      sdk.ask("submit_task", { kind: "script", input: { code } });
    const polite = await run(
      "export default async (_: null, ctx: any) => { ctx.log('up'); await new Promise((r) => ctx.signal.addEventListener('abort', r)); await Bun.write('heard', ''); }",
    );
    const spinning = await run(
      "export default async (_: null, ctx: any) => { ctx.log('up'); await Bun.sleep(100); for (;;); }",
    );
    for (const { task_id } of [polite, spinning])
      await until(
        "up",
        async () =>
          (await sdk.ask("read_task_output", { task_id })).text === "up\n",
      );
    expect(
      await sdk.ask("cancel_task", { task_id: polite.task_id }),
    ).toMatchObject({
      status: "cancelled",
      error: { message: expect.stringContaining("it stopped when asked to") },
    });
    expect(await Bun.file(sdk.place.path("heard")).exists()).toBe(true);
    expect(
      await sdk.ask("cancel_task", { task_id: spinning.task_id }),
    ).toMatchObject({
      status: "cancelled",
      error: { message: expect.stringMatching(/SIG(TERM|KILL)/) },
    });
  });

  test("what cannot be cancelled says why", async () => {
    const done = await sdk.ask("run_task", {
      kind: "shell",
      input: { argv: ["true"] },
    });
    expect(
      await sdk.call("cancel_task", { task_id: done.task_id }),
    ).toMatchObject({
      isError: true,
      structuredContent: {
        code: "ALREADY_FINISHED",
        message: expect.stringContaining("completed"),
      },
    });
    expect(
      await sdk.call("cancel_task", { task_id: "task_nope" }),
    ).toMatchObject({
      isError: true,
      structuredContent: { code: "NOT_FOUND", hint: expect.any(String) },
    });
  });

  test("the transport had nothing to complain of", () => {
    expect(sdk.errors).toEqual([]);
  });
});
