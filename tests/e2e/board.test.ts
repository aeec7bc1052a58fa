import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import type { LineClient, Message } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { kill } from "../support/processes.ts";
import { Place } from "../support/server-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const clients = lineClients(afterEach);

async function terminals(count: number): Promise<LineClient[]> {
  const place = new Place({ env: { FLOW_BALANCER_POOL_MAX_WORKERS: "2" } });
  const all = Array.from({ length: count }, () => clients.start(place));
  await Promise.all(all.map((client) => client.initialize()));
  return all;
}

const idsOf = (answer: Message): string[] =>
  answer.tasks.map(({ task_id }: Message) => task_id);

test("agents in two terminals divide a list without a collision, in the order its dependencies allow", async () => {
  const [one, two] = (await terminals(2)) as [LineClient, LineClient];
  const added = await one.ask("add_tasks", {
    type: "pipeline",
    tasks: [
      { title: "a", stage: 1, weight: 1 },
      { title: "b", stage: 1, weight: 1 },
      { title: "c", stage: 2, weight: 1 },
    ],
  });
  expect(added.tasks.map(({ status }: Message) => status)).toEqual([
    "ready",
    "ready",
    "blocked",
  ]);
  const claims = await Promise.all(
    [one, two].map((client) => client.ask("claim_task", {})),
  );
  const claimed = claims.map(({ task }) => task.task_id);
  expect(claimed.toSorted()).toEqual(idsOf(added).slice(0, 2).toSorted());
  // Nothing is left, and it says why.
  const none = await one.ask("claim_task", {});
  expect(none).toMatchObject({ task: null });
  expect(none.obstacles).toContainEqual(
    expect.objectContaining({
      task_id: idsOf(added)[2],
      reason: expect.any(String),
    }),
  );
  // Only its holder may end it.
  expect(await two.ask("complete_task", { task_id: claimed[0] })).toMatchObject(
    { code: "NOT_OWNER" },
  );
  await one.ask("complete_task", { task_id: claimed[0] });
  const done = await two.ask("complete_task", { task_id: claimed[1] });
  expect(done.released).toEqual([idsOf(added)[2]]);
  expect((await two.ask("claim_task", {})).task).toMatchObject({ title: "c" });
});

test("a completion is believed for what was looked at, and refused for what does not hold", async () => {
  const [client] = (await terminals(1)) as [LineClient];
  const added = await client.ask("add_tasks", {
    tasks: [
      {
        title: "write it",
        evidence: [
          { file: "made.txt" },
          { command: ["test", "-s", "made.txt"] },
        ],
      },
    ],
  });
  const [task_id] = idsOf(added);
  await client.ask("claim_task", { task_id });
  const refused = await client.ask("complete_task", { task_id });
  expect(refused).toMatchObject({ code: "NOT_PROVEN" });
  expect(refused.message).toContain("made.txt");
  expect((await client.ask("flow_status", { task_id })).status).toBe("running");
  writeFileSync(client.place.path("made.txt"), "made");
  const accepted = await client.ask("complete_task", {
    task_id,
    summary: "it is written",
  });
  expect(accepted).toMatchObject({
    task: { status: "completed", summary: "it is written" },
    checks: [{ holds: true }, { holds: true }],
  });
});

test("a note, progress and a resource are seen from the other terminal; what was given back is told to the next", async () => {
  const [one, two] = (await terminals(2)) as [LineClient, LineClient];
  const [task_id] = idsOf(
    await one.ask("add_tasks", { tasks: [{ title: "long" }] }),
  );
  await one.ask("claim_task", {});
  await one.ask("update_task", {
    task_id,
    done: 3,
    total: 10,
    note: "the first three are easy",
    claim: ["port:8080"],
  });
  const seen = await two.ask("flow_status", {});
  expect(seen).toMatchObject({
    active: [{ task_id, progress: { done: 3, total: 10 } }],
    resources: [{ name: "port:8080", task_id }],
  });
  expect(await two.ask("update_task", { task_id, done: 4 })).toMatchObject({
    code: "NOT_OWNER",
  });
  expect(
    await one.ask("update_task", { task_id, release: true }),
  ).toMatchObject({ hold: "released" });
  expect(await two.ask("claim_task", {})).toMatchObject({
    task: { task_id, notes: [{ text: "the first three are easy" }] },
  });
});

test("what a client had claimed is free again when it goes; what a client with a name of its own had is kept for it", async () => {
  const place = new Place();
  const [going, staying] = [clients.start(place), clients.start(place)];
  for (const client of [going, staying]) await client.initialize();
  await going.ask("add_tasks", { tasks: [{ title: "a" }] });
  const { task } = await going.ask("claim_task", {});
  expect(await staying.ask("claim_task", {})).toMatchObject({ task: null });
  expect(await going.end()).toBe(0);
  expect(await staying.ask("claim_task", {})).toMatchObject({
    task: { task_id: task.task_id },
  });
  const named = new Place({ env: { CLAUDE_CODE_SESSION_ID: "mine" } });
  const first = clients.start(named);
  await first.initialize();
  await first.ask("add_tasks", { tasks: [{ title: "b" }] });
  const own = (await first.ask("claim_task", {})).task;
  expect(await first.end()).toBe(0);
  const again = clients.start(named);
  await again.initialize();
  expect(
    await again.ask("complete_task", { task_id: own.task_id }),
  ).toMatchObject({ task: { status: "completed" } });
});

test("cancelling what an agent has asks it to stop, and does not wait for it", async () => {
  const [one, two] = (await terminals(2)) as [LineClient, LineClient];
  const [task_id] = idsOf(
    await one.ask("add_tasks", { tasks: [{ title: "long" }] }),
  );
  await one.ask("claim_task", {});
  expect(await two.ask("cancel_task", { task_id })).toMatchObject({
    status: "working",
  });
  expect(await one.ask("update_task", { task_id })).toMatchObject({
    hold: "cancel",
  });
});

test("what a client had claimed is free again soon after its server was killed", async () => {
  const [dying, living] = (await terminals(2)) as [LineClient, LineClient];
  const [task_id] = idsOf(
    await dying.ask("add_tasks", { tasks: [{ title: "a" }] }),
  );
  await dying.ask("claim_task", {});
  await dying.ask("update_task", { task_id, claim: ["port:8080"] });
  dying.place.remember(dying.pid);
  kill(dying.pid);
  await until(
    "the claim to be free",
    async () => (await living.ask("claim_task", {})).task?.task_id === task_id,
  );
  expect((await living.ask("flow_status", {})).resources).toEqual([]);
});
