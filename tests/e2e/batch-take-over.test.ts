import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { LineClient, Message } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { kill } from "../support/processes.ts";
import { Place } from "../support/server-under-test.ts";
import { logged, openGate, work } from "../support/staged-work.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const clients = lineClients(afterEach);

async function start(place?: Place): Promise<LineClient> {
  const env = { FLOW_BALANCER_POOL_MAX_WORKERS: "2" };
  const client = clients.start(place ?? new Place({ env }));
  await client.initialize();
  await client.ask("pool_status");
  return client;
}

/** Three stages of three, the first of which waits for the gate. The later, the more urgent: without their stages they would run the other way round. */
const pipeline = (client: LineClient): object => ({
  type: "pipeline",
  tasks: [3, 1, 2].flatMap((stage) =>
    ["a", "b", "c"].map((name) =>
      work(client, `${stage}${name}`, {
        stage,
        priority: stage,
        isGated: stage === 1,
      }),
    ),
  ),
});

/** kill -9 in the middle of its first stage. */
async function killInside(client: LineClient, args: object): Promise<void> {
  const before = logged(client).length;
  client.send("tools/call", { name: "run_batch", arguments: args });
  await until("the first to run", () => logged(client).length > before);
  client.place.remember(client.pid);
  kill(client.pid);
  await client.process.exited;
}

async function states(client: LineClient): Promise<string[]> {
  const { tasks } = await client.ask("list_tasks");
  return tasks.map(({ status }: Message) => status);
}

async function allCompleted(client: LineClient, count: number): Promise<void> {
  await openGate(client);
  await until("all to complete", async () => {
    const now = await states(client);
    expect(now).toHaveLength(count);
    return now.every((state) => state === "completed");
  });
}

/** What was begun when its server died is run again, and ends once. */
const ends = (client: LineClient): string[] =>
  logged(client).flatMap((line) =>
    line.startsWith("end ") ? [line.slice("end ".length)] : [],
  );

function expectStages(client: LineClient): void {
  expect(ends(client).map(([stage]) => stage)).toEqual([..."111222333"]);
  expect(new Set(ends(client)).size).toBe(9);
  const log = logged(client);
  for (const stage of [2, 3])
    expect(
      log.findIndex((line) => line.startsWith(`begin ${stage}`)),
    ).toBeGreaterThan(
      log.findLastIndex((line) => line.startsWith(`end ${stage - 1}`)),
    );
}

test("kill -9 in the middle of the first stage: another server does the rest, in order", async () => {
  const dying = await start();
  const living = await start(dying.place);
  await killInside(dying, pipeline(dying));
  await allCompleted(living, 9);
  expectStages(living);
});

test("so it is in a sequence", async () => {
  const dying = await start();
  const living = await start(dying.place);
  const names = ["p", "q", "r", "s"];
  const tasks = names.map((name, priority) =>
    work(dying, name, { priority, isGated: true }),
  );
  await killInside(dying, { type: "sequential", tasks });
  await allCompleted(living, 4);
  expect(ends(living)).toEqual(names);
});

test("max_parallel is kept over all servers, and over a death", async () => {
  const dying = await start();
  const living = await start(dying.place);
  await killInside(dying, { ...pipeline(dying), max_parallel: 1 });
  await allCompleted(living, 9);
  expectStages(living);
  // The first began twice; from then on each ends before the next begins.
  const log = logged(living).slice(1);
  for (let at = 0; at < log.length; at += 2)
    expect(log[at]!.replace("begin", "end")).toBe(log[at + 1]!);
});

test("a server that starts long after goes on with it all the same", async () => {
  const dying = await start();
  await killInside(dying, pipeline(dying));
  const db = new Database(join(dying.place.home, "flow.db"));
  db.run("UPDATE instances SET heartbeat_boot = heartbeat_boot - 3600000");
  db.close();
  const next = await start(dying.place);
  await allCompleted(next, 9);
  expectStages(next);
});
