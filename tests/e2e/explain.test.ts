import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { runCli } from "../commands/run-cli.ts";
import type { Message } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { Place } from "../support/server-under-test.ts";

setDefaultTimeout(30_000);
const clients = lineClients(afterEach);

const explain = (place: Place, ...args: string[]) =>
  runCli(["explain", ...args], { cwd: place.project, env: { ...place.env } });

const shell = (argv: readonly string[], more: object = {}) => ({
  kind: "shell",
  input: { argv },
  ...more,
});

test("a deadline that cannot be kept is refused at once, wherever a task is asked for, and explained", async () => {
  const client = await clients.open();
  const refused = {
    status: "failed",
    error: {
      code: "DEADLINE_UNREACHABLE",
      message: expect.stringMatching(
        /^the deadline of \d+ ms would probably be missed/,
      ),
      hint: expect.any(String),
      retryable: true,
    },
  };
  // After a first run the pool knows how long such things take; a slow machine does not use the deadline up before.
  expect(await client.shell(["sleep", "0.6"])).toMatchObject({
    status: "completed",
  });
  const short = { deadline_ms: 200 };
  const run = await client.call("run_task", shell(["true"], short));
  expect(run).toMatchObject({ isError: true, structuredContent: refused });
  const submitted = await client.call("submit_task", shell(["true"], short));
  expect(submitted).toMatchObject({
    isError: true,
    structuredContent: refused,
  });
  const { results } = await client.ask("run_batch", {
    tasks: [shell(["true"], short), shell(["true"], { deadline_ms: 60_000 })],
  });
  expect(results).toMatchObject([refused, { status: "completed" }]);
  for (const deadline_ms of [0, 86_400_001, 1.5, "5"])
    expect(
      await client.call("run_task", shell(["true"], { deadline_ms })),
    ).toMatchObject({
      isError: true,
      structuredContent: { message: expect.stringContaining("/deadline_ms") },
    });
  const { task_id } = submitted.structuredContent;
  const { code, stdout } = await explain(client.place, task_id);
  expect(code).toBe(0);
  expect(stdout).toContain("deadline 200 ms");
  expect(stdout).toContain("never on a worker\nerror  DEADLINE_UNREACHABLE: ");
});

test("a task is explained while its server runs and after it went", async () => {
  const client = await clients.open();
  const { place } = client;
  const ran = await client.shell(["sleep", "0.05"]);
  const { contents } = (
    await client.request("resources/read", { uri: `task://${ran.task_id}` })
  ).result;
  const { decision } = JSON.parse(contents[0].text);
  expect(decision).toMatchObject({
    way: expect.any(String),
    predicted: {
      wait_ms: expect.any(Number),
      start_ms: expect.any(Number),
      run_ms: expect.any(Number),
    },
    why: expect.stringContaining("ms expected"),
  });
  expect(ran).not.toHaveProperty("decision");

  const parent = await client.ask("submit_task", shell(["sleep", "60"]));
  const child = await client.ask("submit_task", {
    ...shell(["true"]),
    after: [parent.task_id],
  });
  const waiting = await explain(place, child.task_id);
  expect(waiting.stdout).toContain("for    the tasks it comes after:\n");
  expect(waiting.stdout).toContain(`       ${parent.task_id}, `);

  const during = await explain(place, ran.task_id, "--json");
  await client.ask("cancel_task", { task_id: parent.task_id });
  expect(await client.end()).toBe(0);
  const after = await explain(place, ran.task_id, "--json");
  expect(after).toEqual(during);
  const explained: Message = JSON.parse(after.stdout);
  expect(explained).toMatchObject({
    schema: 1,
    task_id: ran.task_id,
    kind: "shell",
    state: "completed",
    execution: { worker: ran.worker, tier: ran.tier, deaths: 0 },
    decision,
  });
  expect(Math.abs(explained.execution.run_ms - ran.run_ms)).toBeLessThan(0.001);
  const { stdout } = await explain(place, ran.task_id);
  expect(stdout).toStartWith(`task `);
  expect(stdout.replaceAll(/ +/g, " ")).toContain(
    `\nran on ${ran.worker}, ${ran.tier}: `,
  );
  expect(stdout).toMatch(/\nrun {3,}\d/);
});

test("a task or a store that is not there exits with 1, a wrong word with 2", async () => {
  const place = new Place();
  try {
    expect(await explain(place, "task_x")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("nothing was run in this project yet"),
    });
    expect(await explain(place)).toMatchObject({ code: 2, stdout: "" });
    expect(await explain(place, "task_x", "--jsno")).toMatchObject({ code: 2 });
    place.write({ "flow-balancer.toml": "a = 1" });
    expect(await explain(place, "task_x")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("key 'a' is unknown"),
    });
  } finally {
    place.destroy();
  }
  const client = await clients.open();
  await client.shell(["true"]);
  expect(await explain(client.place, "task_x")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("there is no task 'task_x'"),
  });
});
