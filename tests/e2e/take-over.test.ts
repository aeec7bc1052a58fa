import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { LineClient, Message } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { kill } from "../support/processes.ts";
import { Place } from "../support/server-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(60_000);
const clients = lineClients(afterEach);

const TASKS = 1_000;
/** Writes its number; one line a run. */
const APPEND =
  "import { appendFileSync } from 'node:fs'; export default async ({ n, ms, path }: any) => { appendFileSync(path, `${n}\\n`); await Bun.sleep(ms); return n; };";

async function two(): Promise<[LineClient, LineClient]> {
  const place = new Place({ env: { FLOW_BALANCER_POOL_MAX_WORKERS: "2" } });
  const pair = [clients.start(place), clients.start(place)] as const;
  await Promise.all(pair.map((client) => client.initialize()));
  for (const client of pair) await client.ask("pool_status");
  return [...pair];
}

const append = (client: LineClient, n: number, ms = 0): Promise<Message> =>
  client.ask("submit_task", {
    kind: "script",
    input: { code: APPEND, args: { n, ms, path: client.place.path("runs") } },
  });

const runs = (client: LineClient): string[] => {
  try {
    return readFileSync(client.place.path("runs"), "utf8").trim().split("\n");
  } catch {
    return [];
  }
};

const ended = (client: LineClient, ids: readonly string[]): Promise<Message> =>
  client.ask("await_task", { task_ids: ids });

test("1,000 tasks on two servers that share a home run once each", async () => {
  const pair = await two();
  const tasks = await Promise.all(
    Array.from({ length: TASKS }, (_, n) => append(pair[n % 2]!, n)),
  );
  const ids = tasks.map(({ task_id }) => task_id);
  for (let at = 0; at < TASKS; at += 100) {
    // Each asks for the other's as well.
    const { results } = await ended(
      pair[(at / 100) % 2]!,
      ids.slice(at, at + 100),
    );
    expect(new Set(results.map(({ status }: Message) => status))).toEqual(
      new Set(["completed"]),
    );
  }
  const lines = runs(pair[0]!);
  expect(lines).toHaveLength(TASKS);
  expect(new Set(lines).size).toBe(TASKS);
});

test("after kill -9 of a server another goes on with its work", async () => {
  const [dying, living] = await two();
  const submitted = await Promise.all(
    Array.from({ length: 20 }, (_, n) => append(dying, n, 200)),
  );
  const ids = submitted.map(({ task_id }) => task_id);
  await until("the first to run", () => runs(dying).length > 0);
  kill(dying.pid);
  const from = performance.now();
  await dying.process.exited;
  const before = runs(living).length;
  await until("its work on the other", () => runs(living).length > before);
  process.stderr.write(
    `from kill -9 to its work running elsewhere: ${Math.round(performance.now() - from)} ms\n`,
  );
  const { results } = await ended(living, ids);
  expect(results.map(({ status }: Message) => status)).toEqual(
    ids.map(() => "completed"),
  );
});

test("what a dead server left is done by the next that starts; a command that had begun is not begun again", async () => {
  const [dying, other] = await two();
  await other.end();
  const command = await dying.ask("submit_task", {
    kind: "shell",
    input: { argv: ["sh", "-c", "echo begun >> begun; sleep 300"] },
  });
  const path = dying.place.path("begun");
  await until("the command to run", async () => Bun.file(path).exists());
  const { task_id } = await append(dying, 1);
  const waiting = await dying.ask("submit_task", {
    kind: "script",
    input: { code: "export default () => 'after';" },
    after: [`${command.task_id}:finish`],
  });
  dying.place.remember(dying.pid);
  kill(dying.pid);
  await dying.process.exited;
  const next = clients.start(dying.place);
  await next.initialize();
  const { results } = await ended(next, [
    command.task_id,
    task_id,
    waiting.task_id,
  ]);
  expect(results).toMatchObject([
    { status: "unknown_outcome", error: { code: "UNKNOWN_OUTCOME" } },
    { status: "completed" },
    { status: "completed", value: "after" },
  ]);
  expect(await Bun.file(path).text()).toBe("begun\n");
});

test("a task is cancelled from another terminal", async () => {
  const [owner, other] = await two();
  const { task_id } = await owner.ask("submit_task", {
    kind: "shell",
    input: { argv: ["sh", "-c", "echo up; sleep 300"] },
  });
  await until(
    "up",
    async () =>
      (await owner.ask("read_task_output", { task_id })).text === "up\n",
  );
  expect(await other.ask("cancel_task", { task_id })).toMatchObject({
    status: "cancelled",
  });
});

test("a server whose client goes leaves what it was told to remember to the next", async () => {
  const [first, other] = await two();
  await other.end();
  const { task_id } = await first.ask("submit_task", {
    kind: "script",
    input: { code: "export default () => 'late';" },
    delay_ms: 600,
  });
  expect(await first.end()).toBe(0);
  const next = clients.start(first.place);
  await next.initialize();
  expect((await ended(next, [task_id])).results).toMatchObject([
    { status: "completed", value: "late" },
  ]);
});

test("a command that fails is tried again as often as was asked, on whichever server has room", async () => {
  const [one, other] = await two();
  const { task_id } = await one.ask("submit_task", {
    kind: "shell",
    input: { argv: ["sh", "-c", "echo x >> tries; exit 7"] },
    max_attempts: 2,
  });
  expect((await ended(other, [task_id])).results).toMatchObject([
    { status: "failed", attempt: 2, value: { exit_code: 7 } },
  ]);
  expect(await Bun.file(one.place.path("tries")).text()).toBe("x\nx\n");
});

test("a task from the store has its turn though its server has more of its own than it can do", async () => {
  const client = clients.start(
    new Place({ env: { FLOW_BALANCER_POOL_MAX_WORKERS: "2" } }),
  );
  await client.initialize();
  const nap = (ms: number, more: object = {}): Promise<Message> =>
    client.ask("submit_task", {
      kind: "shell",
      input: { argv: ["sleep", String(ms / 1_000)] },
      ...more,
    });
  const { session } = await client.ask("open_session");
  const delayed = await nap(1, { delay_ms: 200, session });
  // About ten seconds of work.
  for (let n = 0; n < 200; n++) await nap(100);
  await ended(client, [delayed.task_id]);
  const { tasks } = await client.ask("pool_status");
  expect(tasks.queued).toBeGreaterThan(50);
});
