import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { LineClient, Message } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { kill } from "../support/processes.ts";
import { TASK_IMPORTS } from "../support/task-module.ts";
import { Place } from "../support/server-under-test.ts";

setDefaultTimeout(30_000);
const clients = lineClients(afterEach);

/** Counts in its session, and says in which process. */
const COUNT = `${TASK_IMPORTS}
export default defineTask({
  kind: "count",
  input: z.object({ pad: z.int().optional() }),
  run({ pad }, ctx) {
    const n = (ctx.session.state.get("n") ?? 0) + 1;
    ctx.session.state.set("n", n);
    if (pad) ctx.session.state.set("pad", "x".repeat(pad));
    return { n, pid: process.pid, padded: (ctx.session.state.get("pad") ?? "").length };
  },
});`;

const place = (more: Record<string, string> = {}): Place =>
  new Place({
    files: {
      "count.ts": COUNT,
      "flow-balancer.toml": '[kinds.count]\nmodule = "./count.ts"\n',
    },
    env: { FLOW_BALANCER_POOL_MAX_WORKERS: "2", ...more },
  });

async function terminal(at: Place): Promise<LineClient> {
  const client = clients.start(at);
  await client.initialize();
  return client;
}

const count = async (
  client: LineClient,
  session?: string,
  input: object = {},
): Promise<Message> =>
  (
    await client.ask("run_task", {
      kind: "count",
      input,
      ...(session === undefined ? {} : { session }),
    })
  ).value;

test("a session goes on where it was after its worker died, after its server was killed, and in another terminal", async () => {
  const home = place();
  const one = await terminal(home);
  const { session } = await one.ask("open_session");
  const first = await count(one, session);
  expect(first).toMatchObject({ n: 1 });
  kill(first.pid);
  const second = await count(one, session);
  expect(second).toMatchObject({ n: 2 });
  expect(second.pid).not.toBe(first.pid);
  const two = await terminal(home);
  expect(await count(two, session)).toMatchObject({ n: 3 });
  // The first one's worker holds an older state, and is given the newer.
  expect(await count(one, session)).toMatchObject({ n: 4 });
  for (const client of [one, two]) {
    home.remember(client.pid);
    kill(client.pid);
    await client.process.exited;
  }
  expect(await count(await terminal(home), session)).toMatchObject({ n: 5 });
});

test("a state too large for a row is kept in a file, and goes on as any other", async () => {
  const home = place();
  const one = await terminal(home);
  const { session } = await one.ask("open_session");
  expect(await count(one, session, { pad: 300_000 })).toMatchObject({ n: 1 });
  expect(await one.end()).toBe(0);
  const next = await terminal(home);
  expect(await count(next, session)).toMatchObject({ n: 2, padded: 300_000 });
});

test("a state that is too large to be kept fails the task that made it so, and those before it count", async () => {
  const client = await terminal(
    place({ FLOW_BALANCER_TASKS_MAX_RESULT_BYTES: "100000" }),
  );
  const { session } = await client.ask("open_session");
  expect(await count(client, session)).toMatchObject({ n: 1 });
  expect(
    await client.ask("run_task", {
      kind: "count",
      input: { pad: 200_000 },
      session,
    }),
  ).toMatchObject({
    status: "failed",
    error: { code: "PAYLOAD_TOO_LARGE" },
    value: { n: 2 },
  });
});

test("a client's own session outlives its connection; that of a connection alone does not", async () => {
  const home = place({ CLAUDE_CODE_SESSION_ID: "mine" });
  const one = await terminal(home);
  expect(await count(one)).toMatchObject({ n: 1 });
  expect(await one.end()).toBe(0);
  expect(await count(await terminal(home))).toMatchObject({ n: 2 });
  const nameless = place();
  const first = await terminal(nameless);
  expect(await count(first)).toMatchObject({ n: 1 });
  expect(await count(first)).toMatchObject({ n: 2 });
  expect(await first.end()).toBe(0);
  expect(await count(await terminal(nameless))).toMatchObject({ n: 1 });
});

test("of tasks of one session that change its state side by side, those whose change is lost say so; with one key each counts", async () => {
  const client = await terminal(place());
  const { session } = await client.ask("open_session");
  const task = { kind: "count", input: {}, session };
  const { results } = await client.ask("run_batch", {
    tasks: Array.from({ length: 20 }, () => task),
  });
  const completed = results.filter(
    ({ status }: Message) => status === "completed",
  );
  for (const { status, error } of results)
    expect(status === "completed" || error.code === "VERSION_CONFLICT").toBe(
      true,
    );
  const { n } = await count(client, session);
  expect(n).toBe(completed.length + 1);
  const keyed = await Promise.all(
    Array.from({ length: 10 }, () =>
      client.ask("submit_task", { ...task, concurrency_key: session }),
    ),
  );
  const ended = await client.ask("await_task", {
    task_ids: keyed.map(({ task_id }) => task_id),
  });
  expect(ended.results.map(({ status }: Message) => status)).toEqual(
    keyed.map(() => "completed"),
  );
  expect(await count(client, session)).toMatchObject({ n: n + 11 });
});
