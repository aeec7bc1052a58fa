import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { Database } from "bun:sqlite";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LineClient } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { Place } from "../support/server-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const clients = lineClients(afterEach);

async function together(
  count: number,
  place = new Place({ env: { FLOW_BALANCER_POOL_MAX_WORKERS: "2" } }),
): Promise<LineClient[]> {
  const all = Array.from({ length: count }, () => clients.start(place));
  await Promise.all(all.map((client) => client.initialize()));
  return all;
}

test("servers that start at the same moment on a home that is not there yet all work on it", async () => {
  const all = await together(5);
  const answers = await Promise.all(
    all.map((client, n) => client.shell(["echo", String(n)])),
  );
  expect(
    answers.map(({ status, code, message }) => status ?? `${code}: ${message}`),
  ).toEqual(all.map(() => "completed"));
  for (const client of all)
    expect((await client.ask("list_tasks")).tasks).toHaveLength(5);
});

test("what is in the home is its owner's alone", async () => {
  const [client] = await together(1);
  await client!.shell(["true"]);
  const { home } = client!.place;
  expect(statSync(home).mode & 0o777).toBe(0o700);
  for (const file of ["flow.db", "flow.db-wal", "flow.db-shm"])
    expect(statSync(join(home, file)).mode & 0o077).toBe(0);
});

test("a task of one server is seen, awaited and read by another", async () => {
  const both = await together(2);
  const { task_id } = await both[0]!.ask("submit_task", {
    kind: "shell",
    input: {
      argv: [
        "sh",
        "-c",
        "echo up; while [ ! -e go ]; do sleep 0.01; done; echo done",
      ],
    },
  });
  // Mostly the one that was asked; either may be the first to have room.
  const [owner, other] = await until("up", async () => {
    for (const client of both)
      if ((await client.ask("read_task_output", { task_id })).text === "up\n")
        return [client, both.find((it) => it !== client)!] as const;
    return null;
  });
  expect(await other.ask("read_task_output", { task_id })).toMatchObject({
    text: "",
    runs_elsewhere: true,
  });
  const awaited = other.ask("await_task", { task_ids: [task_id] });
  await Bun.write(owner.place.path("go"), "");
  expect((await awaited).results).toMatchObject([
    { status: "completed", value: { stdout: "up\ndone\n" } },
  ]);
  expect((await other.ask("read_task_output", { task_id })).text).toBe(
    "up\ndone\n",
  );
});

test("an idempotency key is one task for all servers, run once", async () => {
  const all = await together(3);
  const task = {
    kind: "shell",
    input: { argv: ["sh", "-c", "echo x >> once; sleep 0.1"] },
    idempotency_key: "shared",
  };
  const answers = await Promise.all(
    all.map((client) => client.ask("run_task", task)),
  );
  expect(new Set(answers.map(({ task_id }) => task_id)).size).toBe(1);
  expect(answers.map(({ status }) => status)).toEqual([
    "completed",
    "completed",
    "completed",
  ]);
  expect(await Bun.file(all[0]!.place.path("once")).text()).toBe("x\n");
});

test("a session opened by one server is known to another and stays closed", async () => {
  const [one, two] = (await together(2)) as [LineClient, LineClient];
  const { session } = await one.ask("open_session");
  expect(await two.shell(["true"], { session })).toMatchObject({
    status: "completed",
  });
  await two.ask("close_session", { session });
  expect(await one.shell(["true"], { session })).toMatchObject({
    code: "SESSION_CLOSED",
  });
});

test("while another process holds the database, tasks wait for it and lose nothing; the server goes on answering", async () => {
  const [client] = (await together(1)) as [LineClient];
  await client.shell(["true"]);
  const db = new Database(join(client.place.home, "flow.db"));
  db.run("PRAGMA busy_timeout = 5000");
  db.run("BEGIN IMMEDIATE");
  const running = client.shell(["echo", "through"]);
  for (let n = 0; n < 5; n++)
    expect(await client.request("ping")).toMatchObject({ result: {} });
  expect((await client.ask("list_tasks")).tasks).toHaveLength(1);
  db.run("ROLLBACK");
  db.close();
  expect(await running).toMatchObject({
    status: "completed",
    value: { stdout: "through\n" },
  });
});

test("a server whose client goes while the database is held still writes how its tasks ended", async () => {
  const [client] = (await together(1)) as [LineClient];
  const { task_id } = await client.ask("submit_task", {
    kind: "shell",
    input: {
      argv: ["sh", "-c", "echo up; while [ ! -e go ]; do sleep 0.01; done"],
    },
  });
  await until(
    "up",
    async () =>
      (await client.ask("read_task_output", { task_id })).text === "up\n",
  );
  await until(
    "running on disk",
    async () =>
      (await client.ask("list_tasks", { state: "running" })).tasks.length === 1,
  );
  const db = new Database(join(client.place.home, "flow.db"));
  db.run("PRAGMA busy_timeout = 5000");
  db.run("BEGIN IMMEDIATE");
  const exited = client.end(8_000);
  await Bun.write(client.place.path("go"), "");
  await until("the workers to end", () => client.place.living().length <= 1);
  db.run("ROLLBACK");
  expect(await exited).toBe(0);
  expect(db.query("SELECT state FROM tasks").all()).toEqual([
    { state: "completed" },
  ]);
  db.close();
});

test("a server whose home was removed says so instead of writing where nobody reads", async () => {
  const [client] = (await together(1)) as [LineClient];
  await client.shell(["true"]);
  rmSync(client.place.home, { recursive: true });
  const refused = await until("a refusal", async () => {
    const answer = await client.shell(["true"]);
    return answer.code === undefined ? null : answer;
  });
  expect(refused).toMatchObject({
    code: "STORAGE_FAILED",
    message: expect.stringContaining("was removed"),
    hint: expect.any(String),
  });
});
