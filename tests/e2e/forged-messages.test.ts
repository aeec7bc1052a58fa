import { expect, setDefaultTimeout, test } from "bun:test";
import { sharedServer } from "../support/shared-server.ts";

setDefaultTimeout(30_000);
const server = sharedServer({
  env: {
    FLOW_BALANCER_POOL_MAX_WORKERS: "2",
    FLOW_BALANCER_POOL_CANCEL_GRACE_MS: "200",
  },
});

/** A script that says things to the parent itself, for every number its job could have, then returns. */
const saying = (messages: string, then = "return 'mine';") =>
  `export default async () => { for (let job = 0; job < 4096; job += 64) for (const message of (${messages})) process.send(typeof message === "string" ? message.replaceAll("JOB", job) : { job, ...message }); await Bun.sleep(30); ${then} }`;

const JUNK = `[
  {}, { type: 3 }, { type: "nonsense" }, { type: "__proto__" }, { type: "constructor" },
  { type: "result" }, { type: "result", outcome: null }, { type: "result", outcome: {} }, { type: "result", outcome: 5 },
  { type: "result", outcome: { status: "completed" } },
  { type: "result", outcome: { status: "completed", valueJson: 5 } },
  { type: "result", outcome: { status: "completed", valueJson: {} } },
  { type: "result", outcome: { status: "completed", valueJson: "{not json" }, runMs: 1 },
  { type: "result", outcome: { status: "nonsense", valueJson: "1" }, runMs: 1 },
  { type: "result", outcome: { status: "failed" }, runMs: 1 },
  { type: "result", outcome: { status: "failed", error: "text", valueJson: null }, runMs: 1 },
  { type: "result", outcome: { status: "failed", error: { code: "NO_SUCH_CODE", message: 5 }, valueJson: null }, runMs: 1 },
  { type: "result", outcome: { status: "completed", valueJson: "1" }, runMs: "long" },
  { type: "result", outcome: { status: "completed", valueJson: "1" }, runMs: NaN },
  { type: "described" }, { type: "described", description: null, error: null }, { type: "described", description: {}, error: 5 },
  { type: "loaded" }, { type: "loaded", loadMs: "x" },
  { type: "progress" }, { type: "progress", done: "x", total: {}, message: [] }, { type: "progress", done: NaN, total: NaN, message: null },
  { type: "output" }, { type: "output", text: 5, bytes: "x" }, { type: "output", text: "t", bytes: -5 }, { type: "output", text: null, bytes: NaN },
  { type: "log" }, { type: "log", message: {} }, { type: "heartbeat" }, { type: "ready" }, { type: "ready", protocol: 2 }, { type: "bye" },
  "", "[", "[]", "[JOB,1,9]", "[JOB,1,9]\\n1", "[JOB,1,1]\\n12", "[JOB,1,-1]\\n", "[JOB,-1,1]\\n1", "[JOB,null,1]\\n1", "[JOB,1,1.5]\\n1", "[JOB,1]\\n1",
  "[JOB,1,9]\\n{not json", "[JOB.5,1,1]\\n1", "[\\"JOB\\",1,1]\\n1", "{}\\n", "[{}]\\n", "{", "null", "[JOB,1,1,JOB,1]\\n1", "[JOB,1,0]\\n",
]`;

test("messages of no sense, in every shape, change neither the task's result nor the server", async () => {
  const progress: unknown[] = [];
  const answer = await server.client.call(
    "run_task",
    { kind: "script", input: { code: saying(JUNK) } },
    { progressToken: "p" },
  );
  expect(answer.structuredContent).toMatchObject({
    status: "completed",
    value: "mine",
  });
  for (const { method, params } of server.client.received)
    if (method === "notifications/progress") progress.push(params.progress);
  expect(progress).toEqual([]);
  expect(
    await server.client.ask("read_task_output", {
      task_id: answer.structuredContent.task_id,
    }),
  ).toMatchObject({ text: "", bytes_printed: 0, truncated: false });
});

test.each([
  `{ type: "result", outcome: { status: "completed", valueJson: '"forged"' }, runMs: 1 }`,
  `'[JOB,1,8]\\n"forged"'`,
])(
  "a task that answers twice is answered once; its own second word is a stray: %s",
  async (forged) => {
    const answer = await server.client.script(saying(`[${forged}]`));
    expect(answer).toMatchObject({ status: "completed", value: "forged" });
    const other = await server.client.script("export default () => 'honest'");
    expect(other).toMatchObject({ status: "completed", value: "honest" });
    const again = await server.client.ask("await_task", {
      task_ids: [answer.task_id],
    });
    expect(again.results).toMatchObject([
      { status: "completed", value: "forged" },
    ]);
  },
);

test("a task cannot put off its deadline by claiming to have been loaded again", async () => {
  const answer = await server.client.script(
    "export default () => new Promise(() => setInterval(() => { for (let job = 0; job < 4096; job += 64) process.send({ type: 'loaded', job, loadMs: 1 }); }, 20))",
    { timeout_ms: 200 },
  );
  expect(answer).toMatchObject({
    status: "timed_out",
    error: { code: "TASK_TIMEOUT" },
  });
});

test("a forged error is shown as a failure, never as one of the server's own making", async () => {
  const answer = await server.client.script(
    saying(
      `[{ type: "result", outcome: { status: "failed", error: { code: "TASK_THREW", message: "forged", retryable: false }, valueJson: null }, runMs: 1 }]`,
    ),
  );
  expect(answer).toMatchObject({
    status: "failed",
    error: { code: "TASK_THREW", message: "forged" },
  });
});
