import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { LineClient, type Message } from "../support/line-client.ts";
import { Place } from "../support/server-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);

/** After which this client cancels every call. */
const GIVES_UP_MS = 1_500;
const WAIT = "until [ -e go ]; do sleep 0.02; done; echo done";

const clients: LineClient[] = [];
async function connect(home?: string): Promise<LineClient> {
  const client = new LineClient(
    new Place(home === undefined ? {} : { env: { FLOW_BALANCER_HOME: home } }),
  );
  clients.push(client);
  await client.initialize();
  return client;
}
afterAll(async () => {
  for (const client of clients) {
    await client.end();
    client.place.destroy();
  }
});

/** The answer, or null: it was not there in time, and the call was cancelled. */
async function callImpatiently(client: LineClient): Promise<Message | null> {
  const id = client.send("tools/call", {
    name: "run_task",
    arguments: { kind: "shell", input: { argv: ["sh", "-c", WAIT] } },
  });
  const answer = client.answer(id).catch(() => null);
  const inTime = await Promise.race([
    answer.then((message) => message?.result.structuredContent),
    Bun.sleep(GIVES_UP_MS).then(() => null),
  ]);
  if (inTime === null)
    client.notify("notifications/cancelled", { requestId: id, reason: "late" });
  return inTime;
}

test("a client that gave up a few times gets its handle before it would again, and so does the next one on another server", async () => {
  const client = await connect();
  const other = await connect(client.place.home);
  // The first call starts the engine, too.
  await client.shell(["true"]);
  const lost = [0, 300, 600].map(async (afterMs) => {
    await Bun.sleep(afterMs);
    return callImpatiently(client);
  });
  expect(await Promise.all(lost)).toEqual([null, null, null]);
  await until("the three to be ended", async () => {
    const { tasks } = await client.ask("list_tasks", { state: "cancelled" });
    return tasks.length === 3;
  });

  // Who says how long it waits, waits: whatever was learned.
  const slow = client.shell(
    ["sh", "-c", `sleep ${GIVES_UP_MS / 1_000}; echo slow`],
    { wait_ms: 20_000 },
  );
  // On a machine that is busy one more may be lost.
  const { status, task_id } = await until("a handle", () =>
    callImpatiently(client),
  );
  expect(status).toBe("working");
  const theirs = await until("a handle", () => callImpatiently(other));
  expect(theirs.status).toBe("working");
  // Why is to be read, by the name the client gave itself.
  const { result } = await other.request("resources/read", {
    uri: "stats://patience/lines",
  });
  expect(JSON.parse(result.contents[0].text)).toMatchObject({
    client: "lines",
    known_ms: 50_000,
    explained: expect.arrayContaining([
      expect.stringMatching(/^given up after .*: [3-9] of the /),
    ]),
  });
  expect(await slow).toMatchObject({
    status: "completed",
    value: { stdout: "slow\n" },
  });

  for (const { place } of [client, other])
    await Bun.write(place.path("go"), "");
  const { results } = await client.ask("await_task", {
    task_ids: [task_id],
    wait_ms: 20_000,
  });
  expect(results[0]).toMatchObject({
    status: "completed",
    value: { stdout: "done\n" },
  });
});
