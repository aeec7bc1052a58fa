import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync } from "node:fs";
import type { LineClient, Message } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { kill, livingProcess } from "../support/processes.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const clients = lineClients(afterEach);

/** A hang, whatever the machine is busy with. */
const GONE_BOUND_MS = 5_000;

const submit = (client: LineClient, kind: string, input: object) =>
  client.ask("submit_task", { kind, input });
const workers = async (client: LineClient): Promise<Message[]> =>
  (await client.ask("pool_status")).workers;
/** Resolves once the pool knows: a task given to a worker that has just died is lost with it. */
async function killWorkers(client: LineClient): Promise<void> {
  const pids = (await workers(client)).map(({ pid }) => pid);
  for (const pid of pids) kill(pid);
  await until("the pool to notice", async () =>
    (await workers(client)).every(({ pid }) => !pids.includes(pid)),
  );
}
const printed = (client: LineClient, task_id: string, text: string) =>
  until(`'${text}' of ${task_id}`, async () =>
    (await client.ask("read_task_output", { task_id })).text.includes(text),
  );

describe("kill -9 of the server", () => {
  test("leaves nothing: no busy command with children in sessions of their own, no spinning script, no idle worker", async () => {
    const client = await clients.open();
    const tree = await submit(client, "shell", {
      argv: [
        "sh",
        "-c",
        "setsid sleep 300 & (setsid sh -c 'trap \"\" TERM HUP; sleep 300; sleep 300' > /dev/null 2>&1 &); nohup sleep 300 > /dev/null 2>&1 & echo up; wait",
      ],
    });
    const spinning = await submit(client, "script", {
      code: "export default async (_: null, ctx: any) => { ctx.log('up'); await Bun.sleep(80); for (;;); }",
    });
    const stopped = await submit(client, "shell", {
      argv: ["sh", "-c", "echo up; kill -STOP $$; sleep 300"],
    });
    for (const { task_id } of [tree, spinning, stopped])
      await printed(client, task_id, "up");
    await client.shell(["true"]);
    await until("spinning and idle workers", async () => {
      const states = (await workers(client)).map(({ state }) => state);
      return (
        states.includes("idle") &&
        states.filter((state) => state === "busy").length === 3
      );
    });
    expect(client.place.remember(client.pid).length).toBeGreaterThan(8);
    kill(client.pid);
    await client.process.exited;
    const tookMs = await client.place.nothingLeft(GONE_BOUND_MS);
    process.stderr.write(
      `after kill -9 of the server, no process left after ${Math.round(tookMs)} ms\n`,
    );
  });

  test("right after its start leaves nothing either", async () => {
    const client = clients.start();
    client.send("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "x", version: "1" },
    });
    client.send("tools/call", {
      name: "run_task",
      arguments: { kind: "shell", input: { argv: ["sleep", "300"] } },
    });
    await until("a worker", () => client.place.remember(client.pid).length > 1);
    kill(client.pid);
    await client.process.exited;
    await client.place.nothingLeft(GONE_BOUND_MS);
  });

  test("leaves a home that the next server opens and goes on with", async () => {
    const first = await clients.open();
    await first.shell(["true"]);
    await submit(first, "shell", { argv: ["sleep", "300"] });
    first.place.remember(first.pid);
    kill(first.pid);
    await first.process.exited;
    const next = clients.start(first.place);
    await next.initialize();
    expect(await next.shell(["echo", "on"])).toMatchObject({
      status: "completed",
    });
    expect((await next.ask("list_tasks")).tasks).toHaveLength(3);
  });
});

describe("kill -9 of a worker", () => {
  test("fails its own task and says how it died; the others go on; it is replaced", async () => {
    const client = await clients.open();
    const { place } = client;
    const wait = "echo up; while [ ! -e go ]; do sleep 0.01; done; echo done";
    const victim = await submit(client, "shell", {
      argv: ["sh", "-c", "setsid sleep 300 & echo up; sleep 300"],
    });
    const others = [
      await submit(client, "shell", { argv: ["sh", "-c", wait] }),
      await submit(client, "shell", { argv: ["sh", "-c", wait] }),
    ];
    for (const { task_id } of [victim, ...others])
      await printed(client, task_id, "up");
    const before = await workers(client);
    const worker = before.find(({ task }) => task === victim.task_id);
    const tree = place.remember(worker.pid);
    kill(worker.pid);
    const { results } = await client.ask("await_task", {
      task_ids: [victim.task_id],
    });
    expect(results[0]).toMatchObject({
      status: "failed",
      error: {
        code: "WORKER_EXITED",
        message: "its worker was killed by SIGKILL before the task returned",
        retryable: true,
      },
    });
    await until(
      "the victim's tree to end",
      () => tree.every(({ pid }) => livingProcess(pid) === null),
      GONE_BOUND_MS,
    );
    await Bun.write(place.path("go"), "");
    const rest = await client.ask("await_task", {
      task_ids: others.map(({ task_id }) => task_id),
    });
    expect(rest.results).toMatchObject([
      { status: "completed" },
      { status: "completed" },
    ]);
    await until("as many workers as before", async () => {
      const now = (await workers(client)).filter(
        ({ state }) => state === "idle" || state === "busy",
      );
      return (
        now.length >= before.length - 1 &&
        now.every(({ id }) => id !== worker.id)
      );
    });
    expect(await client.shell(["echo", "still"])).toMatchObject({
      status: "completed",
    });
  });

  test("all at once: each is replaced, the server answers", async () => {
    const client = await clients.open();
    await client.ask("run_batch", {
      tasks: Array.from({ length: 6 }, () => ({
        kind: "shell",
        input: { argv: ["sleep", "0.05"] },
      })),
    });
    await killWorkers(client);
    expect(await client.shell(["echo", "again"])).toMatchObject({
      value: { stdout: "again\n" },
    });
  });

  test("a kind whose effects are 'once' has then an unknown outcome, and is not run again", async () => {
    const client = await clients.open({
      files: {
        "flow-balancer.toml":
          '[kinds.pay]\nmodule = "./pay.ts"\neffects = "once"\n',
        "pay.ts": `import { appendFileSync } from "node:fs";
          const input = { "~standard": { version: 1, vendor: "t", validate: (value: unknown) => ({ value }) } };
          export default { kind: "pay", input, run() { appendFileSync("paid", "x"); process.kill(process.pid, "SIGKILL"); return new Promise(() => {}); } };`,
      },
    });
    expect(
      await client.ask("run_task", { kind: "pay", input: {} }),
    ).toMatchObject({
      status: "unknown_outcome",
      error: { code: "UNKNOWN_OUTCOME", hint: expect.any(String) },
    });
    expect(await Bun.file(client.place.path("paid")).text()).toBe("x");
  });
});

describe("a project that is not ours", () => {
  const CANARY = (name: string) =>
    `require("node:fs").appendFileSync(process.env.HOME + "/canary-${name}", process.pid + "\\n");`;

  test("has none of its preloads, .env files or hooks run by workers", async () => {
    const client = await clients.open({
      files: {
        "bunfig.toml":
          'preload = ["./canary.ts"]\n[test]\npreload = ["./canary.ts"]\n[install]\nauto = "force"\n',
        "canary.ts": CANARY("preload"),
        ".env": "FROM_DOTENV=yes\nBUN_OPTIONS=--preload ./canary.ts\n",
        ".env.local": "FROM_DOTENV_LOCAL=yes\n",
        "package.json": JSON.stringify({
          type: "module",
          scripts: { postinstall: "touch canary" },
        }),
        "tsconfig.json": "{ not json",
      },
    });
    const seen = await client.script(
      "export default () => [process.env.FROM_DOTENV ?? null, process.env.FROM_DOTENV_LOCAL ?? null, process.cwd()]",
    );
    expect(seen.value).toEqual([null, null, client.place.project]);
    const env = (await client.shell(["env"])).value.stdout as string;
    expect(env).not.toContain("FROM_DOTENV");
    expect(env).not.toContain("BUN_");
    const canary = `${client.place.env["HOME"]}/canary-preload`;
    // The server is started by its client, which may have let Bun look around; workers are ours.
    const ran = existsSync(canary)
      ? readFileSync(canary, "utf8").trim().split("\n").map(Number)
      : [];
    expect(ran.filter((pid) => pid !== client.pid)).toEqual([]);
  });

  test("sees nothing of the server's environment but what programs need", async () => {
    const client = await clients.open({
      files: {
        "flow-balancer.toml":
          '[kinds.deploy]\nmodule = "./deploy.ts"\nenv = ["DEPLOY_KEY"]\n',
        "deploy.ts":
          'const input = { "~standard": { version: 1, vendor: "t", validate: (value: unknown) => ({ value }) } }; export default { kind: "deploy", input, run: () => process.env.DEPLOY_KEY };',
      },
      env: {
        API_TOKEN: "secret-1",
        AWS_SECRET_ACCESS_KEY: "secret-2",
        DEPLOY_KEY: "secret-3",
        FLOW_BALANCER_POOL_MAX_WORKERS: "1",
        NODE_OPTIONS: "--no-warnings",
      },
    });
    expect(
      (await client.ask("run_task", { kind: "deploy", input: {} })).value,
    ).toBe("secret-3");
    const after = await client.shell(["env"]);
    expect(after).toMatchObject({ status: "completed" });
    for (const secret of ["secret-1", "secret-2", "secret-3", "NODE_OPTIONS"])
      expect(after.value.stdout).not.toContain(secret);
  });

  test("that is gone is said to be gone; workers do not start again and again", async () => {
    const client = await clients.open({
      env: { FLOW_BALANCER_POOL_MAX_WORKERS: "2" },
    });
    await client.shell(["true"]);
    rmSync(client.place.project, { recursive: true });
    await killWorkers(client);
    const answer = await client.shell(["true"]);
    expect(answer).toMatchObject({
      status: "failed",
      error: {
        code: "SPAWN_FAILED",
        message: expect.stringContaining("no worker process could be started"),
        retryable: true,
      },
    });
  });
});
