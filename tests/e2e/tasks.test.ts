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
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);

const script = (code: string, args: unknown = null) => ({
  kind: "script",
  input: { code, args },
});
const shell = (...argv: string[]) => ({ kind: "shell", input: { argv } });

describe.each(GENERATIONS)("tasks, %s client", (generation) => {
  const connect = sdkClients(afterAll);
  let sdk: SdkClient;
  beforeAll(async () => {
    sdk = await connect(generation);
  });
  const release = (name: string) => Bun.write(sdk.place.path(name), "");
  const waitFor = (name: string) =>
    `while [ ! -e ${name} ]; do sleep 0.01; done`;

  test("run_task answers with the value, the tier, the attempt and the times", async () => {
    const answer = await sdk.ask(
      "run_task",
      script("export default (n: number) => n * 2", 21),
    );
    expect(answer).toMatchObject({
      status: "completed",
      value: 42,
      attempt: 1,
    });
    expect(["cold", "warm", "hot"]).toContain(answer.tier);
    for (const time of ["wait_ms", "start_ms", "run_ms"])
      expect(answer[time]).toBeGreaterThanOrEqual(0);
  });

  test("a non-zero exit is a failed call whose value is kept", async () => {
    const result = await sdk.call(
      "run_task",
      shell("sh", "-c", "echo out; echo err >&2; exit 7"),
    );
    expect(result).toMatchObject({
      isError: true,
      structuredContent: {
        status: "failed",
        value: {
          exit_code: 7,
          signal: null,
          stdout: "out\n",
          stderr: "err\n",
          truncated: false,
        },
        error: {
          code: "NON_ZERO_EXIT",
          message: "'sh' exited with code 7: err",
          retryable: false,
        },
      },
    });
    expect(result.content[0].text).toContain("NON_ZERO_EXIT");
  });

  test("a submitted task can be read while it runs, then awaited", async () => {
    const { task_id, status } = await sdk.ask(
      "submit_task",
      shell(
        "sh",
        "-c",
        `printf 'one\\ntwo\\n'; ${waitFor("go.read")}; echo three`,
      ),
    );
    expect(status).toBe("working");
    const early = await until("output of a running task", async () => {
      const read = await sdk.ask("read_task_output", { task_id });
      return read.text === "" ? null : read;
    });
    expect(early).toMatchObject({
      status: "working",
      text: "one\ntwo\n",
      bytes_printed: 8,
    });
    expect((await sdk.ask("read_task_output", { task_id, tail: 1 })).text).toBe(
      "two\n",
    );
    expect(
      (await sdk.ask("list_tasks", { state: "running" })).tasks[0].task_id,
    ).toBe(task_id);
    await release("go.read");
    const { results } = await sdk.ask("await_task", { task_ids: [task_id] });
    expect(results[0]).toMatchObject({
      status: "completed",
      value: { stdout: "one\ntwo\nthree\n" },
    });
    const whole = await sdk.ask("read_task_output", { task_id });
    expect(whole).toMatchObject({
      status: "completed",
      text: "one\ntwo\nthree\n",
      truncated: false,
      next_offset: null,
    });
    const part = await sdk.ask("read_task_output", {
      task_id,
      offset: 4,
      limit: 3,
    });
    expect(part).toMatchObject({ text: "two", offset: 4, next_offset: 7 });
  });

  test("wait_ms ends the wait, not the task", async () => {
    const answer = await sdk.ask("run_task", {
      ...shell("sh", "-c", `${waitFor("go.wait")}; echo late`),
      wait_ms: 1,
    });
    expect(answer).toMatchObject({
      status: "working",
      poll_after_ms: expect.any(Number),
    });
    await release("go.wait");
    const { results } = await sdk.ask("await_task", {
      task_ids: [answer.task_id],
    });
    expect(results[0]).toMatchObject({
      status: "completed",
      value: { stdout: "late\n" },
    });
  });

  test("await_task any answers with the first that ends", async () => {
    const slow = await sdk.ask(
      "submit_task",
      shell("sh", "-c", waitFor("go.any")),
    );
    const quick = await sdk.ask("submit_task", shell("true"));
    const { results } = await sdk.ask("await_task", {
      task_ids: [slow.task_id, quick.task_id],
      mode: "any",
    });
    expect(results.map((one: { status: string }) => one.status)).toEqual([
      "working",
      "completed",
    ]);
    await release("go.any");
    await sdk.ask("await_task", { task_ids: [slow.task_id] });
  });

  test("the same idempotency key and input is the same task, run once; another input is refused", async () => {
    const task = {
      ...shell("sh", "-c", "echo once >> once.txt"),
      idempotency_key: `k-${generation}`,
    };
    const [first, twin] = await Promise.all([
      sdk.ask("run_task", task),
      sdk.ask("run_task", task),
    ]);
    const again = await sdk.ask("run_task", task);
    expect([twin.task_id, again.task_id]).toEqual([
      first.task_id,
      first.task_id,
    ]);
    expect([first.status, twin.status, again.status]).toEqual([
      "completed",
      "completed",
      "completed",
    ]);
    expect(await Bun.file(sdk.place.path("once.txt")).text()).toBe("once\n");
    const other = await sdk.call("run_task", {
      ...task,
      input: { argv: ["true"] },
    });
    expect(other).toMatchObject({
      isError: true,
      structuredContent: {
        code: "IDEMPOTENCY_CONFLICT",
        retryable: false,
        hint: expect.any(String),
      },
    });
  });

  test("progress of a task reaches the caller, growing and before the answer", async () => {
    const seen: { progress: number; total?: number | undefined }[] = [];
    const answer = await sdk.ask(
      "run_task",
      script(
        "export default async (_: null, ctx: any) => { for (let i = 1; i <= 3; i++) { ctx.progress(i, 3, `step ${i}`); await Bun.sleep(120); } return 'done'; }",
      ),
      { onprogress: (one) => seen.push(one) },
    );
    expect(answer.value).toBe("done");
    expect(seen).toEqual([
      expect.objectContaining({ progress: 1, total: 3, message: "step 1" }),
      expect.objectContaining({ progress: 2, total: 3, message: "step 2" }),
      expect.objectContaining({ progress: 3, total: 3, message: "step 3" }),
    ]);
  });

  test("a task past its time is ended and says so", async () => {
    const answer = await sdk.ask("run_task", {
      ...shell("sleep", "60"),
      timeout_ms: 50,
    });
    expect(answer).toMatchObject({
      status: "timed_out",
      error: {
        code: "TASK_TIMEOUT",
        message: expect.stringContaining("50 ms"),
        retryable: true,
      },
    });
  });

  test("list_tasks goes through all pages, newest first, without a gap or a double", async () => {
    const kind = { kind: "script", input: { code: "export default () => 1" } };
    for (let n = 0; n < 2; n++)
      await sdk.ask("run_batch", {
        tasks: Array.from({ length: 60 }, () => kind),
      });
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await sdk.ask("list_tasks", { kind: "script", cursor });
      ids.push(...page.tasks.map((one: { task_id: string }) => one.task_id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(ids.length).toBeGreaterThanOrEqual(120);
    expect(new Set(ids).size).toBe(ids.length);
    const times = ids.map((id) => id.slice(5, 17));
    expect(times).toEqual([...times].sort().reverse());
    expect(await sdk.call("list_tasks", { cursor: "nonsense" })).toMatchObject({
      isError: true,
      structuredContent: { code: "INVALID_ARGUMENT" },
    });
  });

  test("the transport had nothing to complain of", () => {
    expect(sdk.errors).toEqual([]);
  });
});
