import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { lineClients } from "../support/line-clients.ts";
import { LineClient } from "../support/line-client.ts";
import { Place } from "../support/server-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const clients = lineClients(afterEach);

/** Above the second that running tasks are given and the grace that follows, far below a hang. */
const EXIT_BOUND_MS = 8_000;

async function leaves(client: LineClient): Promise<void> {
  expect(await client.end(EXIT_BOUND_MS)).toBe(0);
  await client.place.nothingLeft(5_000);
  expect(client.impure).toEqual([]);
}
const submit = (client: LineClient, argv: string[], more: object = {}) =>
  client.ask("submit_task", { kind: "shell", input: { argv }, ...more });

interface Row {
  readonly state: string;
  readonly holder: string | null;
}

function rowsOf(client: LineClient): Row[] {
  const db = new Database(join(client.place.home, "flow.db"), {
    readonly: true,
  });
  try {
    return db
      .query<Row, []>("SELECT state, holder FROM tasks ORDER BY seq")
      .all();
  } finally {
    db.close();
  }
}
const statesOf = (client: LineClient): string[] =>
  rowsOf(client).map(({ state }) => state);

describe("the end of stdin ends the server with 0 and leaves no process", () => {
  test("before a word was said", async () => {
    await leaves(clients.start());
  });

  test("in the middle of a line", async () => {
    const client = clients.start();
    client.write('{"jsonrpc":"2.0","id":1,"met');
    await leaves(client);
  });

  test("right behind the first call", async () => {
    const client = clients.start();
    client.send("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "x", version: "1" },
    });
    client.notify("notifications/initialized");
    client.send("tools/call", {
      name: "run_task",
      arguments: { kind: "shell", input: { argv: ["sleep", "300"] } },
    });
    await leaves(client);
  });

  test("while the workers are being started", async () => {
    const client = await clients.open();
    client.send("tools/call", { name: "pool_status", arguments: {} });
    await leaves(client);
  });

  test("while tasks run, wait, and depend on others: what was begun and what a caller waited for ends, the rest is nobody's until the next server", async () => {
    const client = await clients.open({
      env: {
        FLOW_BALANCER_POOL_MAX_WORKERS: "2",
        FLOW_BALANCER_POOL_CANCEL_GRACE_MS: "300",
      },
    });
    const first = await submit(client, [
      "sh",
      "-c",
      "trap '' TERM; setsid sleep 300 & echo up; sleep 300",
    ]);
    await client.ask("submit_task", {
      kind: "script",
      input: { code: "export default () => { for (;;); }" },
    });
    for (let n = 0; n < 3; n++) await submit(client, ["sleep", "300"]);
    await submit(client, ["true"], { after: [first.task_id] });
    client.send("tools/call", {
      name: "run_batch",
      arguments: {
        max_parallel: 1,
        tasks: Array.from({ length: 3 }, () => ({
          kind: "shell",
          input: { argv: ["sleep", "300"] },
        })),
      },
    });
    await until(
      "the first one up",
      async () =>
        (await client.ask("read_task_output", { task_id: first.task_id }))
          .text === "up\n",
    );
    await leaves(client);
    const rows = rowsOf(client);
    expect(rows.map(({ holder }) => holder)).toEqual(rows.map(() => null));
    const states = rows.map(({ state }) => state);
    const [begun, script, ...waiting] = states.slice(0, 6);
    expect([begun, script]).toEqual(["failed", "queued"]);
    // The last of them came after the one that failed.
    expect(waiting).toEqual(["queued", "queued", "queued", "failed"]);
    expect(states.slice(6)).not.toContain("queued");
    expect(states).not.toContain("running");
  });

  test("while a task waits for one that another server left", async () => {
    const place = new Place();
    const killed = clients.start(place);
    await killed.initialize();
    const orphan = await submit(killed, ["sleep", "300"]);
    place.remember(killed.pid);
    killed.process.kill("SIGKILL");
    await killed.process.exited;
    const client = clients.start(place);
    await client.initialize();
    const child = await submit(client, ["true"], { after: [orphan.task_id] });
    expect(child.status).toBe("working");
    await leaves(client);
    const rows = rowsOf(client);
    expect(rows.map(({ holder }) => holder)).toEqual([null, null]);
    expect(rows.map(({ state }) => state)).not.toContain("running");
  });

  test("after the work is done", async () => {
    const client = await clients.open();
    expect(await client.shell(["true"])).toMatchObject({ status: "completed" });
    await leaves(client);
  });

  test("a task that ends within the second it is given is completed", async () => {
    const client = await clients.open();
    const { task_id } = await submit(client, [
      "sh",
      "-c",
      "echo up; sleep 0.3; echo done > finished",
    ]);
    await until(
      "up",
      async () =>
        (await client.ask("read_task_output", { task_id })).text === "up\n",
    );
    await leaves(client);
    expect(statesOf(client)).toEqual(["completed"]);
    expect(await Bun.file(client.place.path("finished")).text()).toBe("done\n");
  });
});

describe("signals", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s means the same as the end of stdin",
    async (signal) => {
      const client = await clients.open({
        env: { FLOW_BALANCER_POOL_CANCEL_GRACE_MS: "300" },
      });
      const { task_id } = await submit(client, [
        "sh",
        "-c",
        "echo up; sleep 300",
      ]);
      await until(
        "up",
        async () =>
          (await client.ask("read_task_output", { task_id })).text === "up\n",
      );
      client.place.remember(client.pid);
      client.process.kill(signal);
      expect(await client.process.exited).toBe(0);
      await client.place.nothingLeft(5_000);
      expect(statesOf(client)).toEqual(["failed"]);
    },
  );

  test("a client that no longer reads and goes leaves no process behind", async () => {
    const client = await clients.open();
    await submit(client, ["sleep", "300"]);
    client.place.remember(client.pid);
    client.process.kill("SIGHUP");
    await client.process.exited;
    await client.place.nothingLeft(5_000);
  });
});
