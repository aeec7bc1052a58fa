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

/** Waits until `of` such tasks have begun, so it ends only if they run at the same time. */
const meet = (of: number, name: string): string[] => [
  "sh",
  "-c",
  `touch ${name}.$$; while [ $(ls ${name}.* | wc -l) -lt ${of} ]; do sleep 0.01; done; rm -f nothing; echo $0`,
];

describe.each(GENERATIONS)("run_batch, %s client", (generation) => {
  const connect = sdkClients(afterAll);
  let sdk: SdkClient;
  beforeAll(async () => {
    sdk = await connect(generation, {
      env: { FLOW_BALANCER_POOL_MAX_WORKERS: "8" },
    });
  });

  test("eight one-second sleeps run side by side and answer in input order", async () => {
    const tasks = Array.from({ length: 8 }, (_, index) => ({
      kind: "shell",
      // Later ones end first, so that the order of answers is not the order of ends.
      input: {
        argv: ["sh", "-c", `sleep ${1 + (8 - index) * 0.02}; echo ${index}`],
      },
    }));
    const answer = await sdk.ask("run_batch", { tasks, max_parallel: 8 });
    expect(
      answer.results.map(
        (one: { value: { stdout: string } }) => one.value.stdout,
      ),
    ).toEqual(tasks.map((_, index) => `${index}\n`));
    expect(answer.sequential_ms).toBeGreaterThan(8_000);
    // One after the other they would take over 8 s.
    expect(answer.makespan_ms).toBeLessThan(3_000);
    expect(answer.speedup).toBeCloseTo(
      answer.sequential_ms / answer.makespan_ms,
      2,
    );
  });

  test("max_parallel tasks really run at once, however many workers there are", async () => {
    const answer = await sdk.ask("run_batch", {
      max_parallel: 8,
      tasks: Array.from({ length: 8 }, () => ({
        kind: "shell",
        input: { argv: meet(8, "together") },
        timeout_ms: 15_000,
      })),
    });
    expect(answer.results.map((one: { status: string }) => one.status)).toEqual(
      Array.from({ length: 8 }, () => "completed"),
    );
  });

  test("never more than max_parallel run at once", async () => {
    const count =
      "import { readdirSync, writeFileSync, rmSync } from 'node:fs';" +
      "export default async (me: string) => { writeFileSync(`in.${me}`, ''); await Bun.sleep(30);" +
      "const n = readdirSync('.').filter((f) => f.startsWith('in.')).length; rmSync(`in.${me}`); return n; }";
    const answer = await sdk.ask("run_batch", {
      max_parallel: 3,
      tasks: Array.from({ length: 12 }, (_, me) => ({
        kind: "script",
        input: { code: count, args: String(me) },
      })),
    });
    const seen = answer.results.map((one: { value: number }) => one.value);
    expect(seen).toHaveLength(12);
    expect(Math.max(...seen)).toBeLessThanOrEqual(3);
    // And it was not one by one.
    expect(Math.max(...seen)).toBeGreaterThan(1);
  });

  test("on_error stop starts no more after a failure; continue runs all", async () => {
    const tasks = [
      {
        kind: "shell",
        input: { argv: ["sh", "-c", "echo ran >> ran.txt; exit 3"] },
      },
      ...Array.from({ length: 4 }, () => ({
        kind: "shell",
        input: { argv: ["sh", "-c", "echo ran >> ran.txt"] },
      })),
    ];
    const stopped = await sdk.ask("run_batch", {
      tasks,
      max_parallel: 1,
      on_error: "stop",
    });
    expect(stopped.results[0]).toMatchObject({
      status: "failed",
      error: { code: "NON_ZERO_EXIT" },
      value: { exit_code: 3 },
    });
    for (const rest of stopped.results.slice(1))
      expect(rest).toMatchObject({
        status: "cancelled",
        error: { code: "CANCELLED" },
      });
    expect(await Bun.file(sdk.place.path("ran.txt")).text()).toBe("ran\n");
    const all = await sdk.ask("run_batch", { tasks, max_parallel: 1 });
    expect(all.results.map((one: { status: string }) => one.status)).toEqual([
      "failed",
      "completed",
      "completed",
      "completed",
      "completed",
    ]);
  });

  test("a batch with one unknown kind submits nothing and says which", async () => {
    const before = await sdk.ask("list_tasks", {});
    const result = await sdk.call("run_batch", {
      tasks: [
        { kind: "shell", input: { argv: ["true"] } },
        { kind: "shel", input: { argv: ["true"] } },
      ],
    });
    expect(result).toMatchObject({
      isError: true,
      structuredContent: {
        code: "UNKNOWN_KIND",
        message: expect.stringContaining("/tasks/1/kind"),
      },
    });
    expect((await sdk.ask("list_tasks", {})).tasks[0]).toEqual(before.tasks[0]);
  });

  test("a batch that outlasts wait_ms answers with handles, and its tasks go on", async () => {
    const answer = await sdk.ask("run_batch", {
      wait_ms: 1,
      tasks: [1, 2].map((n) => ({
        kind: "shell",
        input: { argv: ["sh", "-c", `sleep 0.2; echo ${n}`] },
      })),
    });
    expect(answer).toMatchObject({
      results: [{ status: "working" }, { status: "working" }],
      speedup: null,
    });
    const ended = await sdk.ask("await_task", {
      task_ids: answer.results.map((one: { task_id: string }) => one.task_id),
    });
    expect(ended.results).toMatchObject([
      { status: "completed", value: { stdout: "1\n" } },
      { status: "completed", value: { stdout: "2\n" } },
    ]);
  });

  test("the transport had nothing to complain of", () => {
    expect(sdk.errors).toEqual([]);
  });
});
