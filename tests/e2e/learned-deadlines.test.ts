import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { runCli } from "../commands/run-cli.ts";
import type { LineClient, Message } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { TASK_IMPORTS } from "../support/task-module.ts";
import { Place } from "../support/server-under-test.ts";

setDefaultTimeout(60_000);
const clients = lineClients(afterEach);

/** Takes `ms`, or throws, or never ends; with `beat` it says every 50 ms that it is alive. */
const JOB = `${TASK_IMPORTS}
const flag = z.boolean().default(false);
export default defineTask({
  kind: "job",
  input: z.object({ ms: z.int().default(0), fails: flag, hangs: flag, beat: flag }),
  async run({ ms, fails, hangs, beat }, ctx) {
    if (fails) throw new Error("as asked");
    const timer = beat ? setInterval(() => ctx.heartbeat(), 50) : null;
    await new Promise((end) => hangs || setTimeout(end, ms));
    clearInterval(timer);
    return ms;
  },
});`;

/** Well above what a busy machine adds to a run of milliseconds, far below what is given without learning. */
const LEAST_MS = 1_500;
const DEFAULT_MS = 300_000;

const place = (more: Record<string, string> = {}, toml = ""): Place =>
  new Place({
    files: {
      "job.ts": JOB,
      "flow-balancer.toml": `[kinds.job]\nmodule = "./job.ts"\n${toml}`,
    },
    env: {
      FLOW_BALANCER_POOL_MAX_WORKERS: "4",
      FLOW_BALANCER_LEARNING_MIN_TIMEOUT_MS: String(LEAST_MS),
      ...more,
    },
  });

async function terminal(at: Place): Promise<LineClient> {
  const client = clients.start(at);
  await client.initialize();
  return client;
}

/** As many runs as inputs, at once. */
const run = async (client: LineClient, inputs: object[]): Promise<Message[]> =>
  (
    await client.ask("run_batch", {
      tasks: inputs.map((input) => ({ kind: "job", input })),
    })
  ).results;

const times = (n: number, input: (at: number) => object): object[] =>
  Array.from({ length: n }, (_, at) => input(at));

async function stats(at: Place, ...args: string[]): Promise<Message> {
  const { code, stdout } = await runCli(["timeout-stats", ...args, "--json"], {
    cwd: at.project,
    env: { ...at.env },
  });
  expect(code).toBe(0);
  return JSON.parse(stdout).kinds.find((it: Message) => it.kind === "job");
}

const limitOf = async (client: LineClient): Promise<number> => {
  const { result } = await client.request("resources/read", {
    uri: "stats://timeouts/job",
  });
  return JSON.parse(result.contents[0].text).timeout_ms;
};

test("a hang ends at the limit that was learned, in every terminal; failures teach nothing, healthy runs live", async () => {
  const at = place();
  const one = await terminal(at);
  expect(await limitOf(one)).toBe(DEFAULT_MS);
  expect(await stats(at)).toBe(undefined);
  const results = await run(
    one,
    times(60, (n) => (n % 10 === 9 ? { fails: true } : { ms: 5 })),
  );
  const ends = (status: string): number =>
    results.filter((it) => it.status === status).length;
  expect([ends("completed"), ends("failed")]).toEqual([54, 6]);
  const before = await stats(at);
  expect(before).toMatchObject({ n: 54, timeouts: 0, basis: "own_runs" });
  expect(before.soft_limit_ms).toBe(LEAST_MS);
  expect((await one.ask("pool_status")).learned_timeouts).toMatchObject([
    { kind: "job", soft_limit_ms: LEAST_MS, basis: "own_runs" },
  ]);
  // Another terminal starts with what the first one learned.
  const two = await terminal(at);
  expect(await limitOf(two)).toBe(LEAST_MS);
  const [hung, healthy] = await run(two, [{ hangs: true }, { ms: 5 }]);
  expect(healthy.status).toBe("completed");
  expect(hung).toMatchObject({
    status: "timed_out",
    error: {
      code: "TASK_TIMEOUT",
      message: expect.stringContaining(`limit of ${LEAST_MS} ms`),
    },
  });
  expect(await stats(at)).toMatchObject({ n: 55, timeouts: 1 });
  const explained = await runCli(["explain", hung.task_id], {
    cwd: at.project,
    env: { ...at.env },
  });
  expect(explained.stdout).toContain(`${LEAST_MS} ms, learned`);
});

test("one that gives signs of life gets longer; a limit that a person named always wins", async () => {
  const at = place();
  const client = await terminal(at);
  await run(
    client,
    times(30, () => ({ ms: 60, beat: true })),
  );
  expect(await limitOf(client)).toBe(LEAST_MS);
  const [alive, hung, named] = await Promise.all([
    client.ask("run_task", {
      kind: "job",
      input: { ms: 2 * LEAST_MS, beat: true },
    }),
    client.ask("run_task", { kind: "job", input: { hangs: true } }),
    client.ask("run_task", {
      kind: "job",
      input: { hangs: true, beat: true },
      timeout_ms: 200,
    }),
  ]);
  expect(alive.status).toBe("completed");
  expect(hung.error.message).toContain("gave no sign of life");
  expect(named.error.message).toContain("longer than its 200 ms");
});

test("a kind's own timeout_ms, and 'fixed', leave nothing to learning", async () => {
  for (const at of [
    place({}, "timeout_ms = 70000\n"),
    place({
      FLOW_BALANCER_LEARNING_DEADLINES: "fixed",
      FLOW_BALANCER_TASKS_TIMEOUT_MS: "70000",
    }),
  ]) {
    const client = await terminal(at);
    await run(
      client,
      times(30, () => ({ ms: 1 })),
    );
    expect(await limitOf(client)).toBe(70_000);
  }
});
