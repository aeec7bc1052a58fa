import { expect, test } from "bun:test";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import { KindRegistry } from "../../flow-balancer/pool/kind-registry.ts";
import { Instances } from "../../flow-balancer/store/instances.ts";
import { holder, POOL, WatchRig, worker } from "./watch-rig.ts";

const why = async (rig: WatchRig, id: TaskId): Promise<string> =>
  (await rig.watch.task(id))!.why.join("\n");

const LIMITED = new KindRegistry(
  [
    {
      ...{
        name: "one",
        path: "/m.ts",
        description: null,
        effects: "idempotent" as const,
      },
      ...{ concurrency: 1, inFlight: 1, timeoutMs: null, memoryMb: null },
      ...{ capabilities: [], env: {} },
    },
  ],
  60_000,
);

test("it waits for another, which somebody has", async () => {
  using rig = new WatchRig();
  const parent = await rig.submit({}, { holder: holder("ada") });
  await rig.queue.started(parent.lease!);
  rig.env.advance(5_000);
  const { id } = await rig.submit({
    after: [{ id: parent.id, on: "success" }],
  });
  expect(await why(rig, id)).toContain(
    `waits for ${parent.id}, held by ada for 5 s`,
  );
});

test("it is delayed; it waits for a place in its group; its kind runs as often as it may", async () => {
  using rig = new WatchRig({}, LIMITED);
  const delayed = await rig.submit({}, { delayMs: 30_000 });
  expect(await why(rig, delayed.id)).toContain(
    "may not begin for another 30 s",
  );
  const group = { key: "db", limit: 1 };
  await rig.submit({}, { holder: rig.id, group });
  const second = await rig.submit({}, { group });
  expect(await why(rig, second.id)).toContain(
    "its group 'db' has 1 in hand, and may have 1",
  );
  const running = await rig.submit({ kind: "one" }, { holder: rig.id });
  await rig.queue.started(running.lease!);
  const next = await rig.submit({ kind: "one" }, { holder: rig.id });
  expect(await why(rig, next.id)).toContain(
    "'one' may run 1 at a time here, and 1 run",
  );
});

test("no worker is free: how many are busy, its place, and about how long", async () => {
  using rig = new WatchRig();
  for (let n = 0; n < 10; n++) await rig.ended("completed", { runMs: 400 });
  for (let n = 0; n < 3; n++) await rig.submit({}, { holder: rig.id });
  const { id } = await rig.submit(
    { session: "s" as never },
    { holder: rig.id },
  );
  rig.status = {
    ...{ ...POOL, maxWorkers: 2, busy: 2, waiting: 4 },
    workers: [worker({ session: "s" as never, task: "task_x" as never })],
  };
  const words = await why(rig, id);
  expect(words).toContain(
    "no worker is free: 2 of 2 busy (4 are configured; other servers have the rest)",
  );
  expect(words).toContain("about place 4 in this server's queue of 4");
  expect(words).toContain("in about 800 ms");
  expect(words).toContain("its session's worker w1 is busy with task_x");
});

test("a person paused a tier; another server has it; no server has its kind; it is to be cancelled", async () => {
  const free = { paused: false, draining: false, limit: null };
  using rig = new WatchRig({
    controls: () => ({
      hot: free,
      warm: { ...free, paused: true },
      cold: { ...free, limit: 2 },
    }),
  });
  const mine = await rig.submit({}, { holder: rig.id });
  const words = await why(rig, mine.id);
  expect(words).toContain("tier warm is paused by a person");
  expect(words).toContain("tier cold may have 2 workers");
  await new Instances(rig.store, rig.env).register(
    {
      ...{ id: "there" as never, pid: 7, pidStarted: "1", transport: "stdio" },
      ...{ projectRoot: "/p", version: "1", maxWorkers: 2 },
    },
    { wants: 0, share: 1 },
  );
  rig.env.advance(4_000);
  const theirs = await rig.submit({}, { holder: holder("there") });
  expect(await why(rig, theirs.id)).toContain(
    "another server: there (pid 7), last heard of 4 s ago",
  );
  const strange = await rig.submit({ kind: "strange" });
  expect(await why(rig, strange.id)).toContain(
    "this server has no kind 'strange'",
  );
  await rig.queue.cancel(mine.id, {
    code: "CANCELLED",
    message: "no",
    retryable: false,
  });
  expect(await why(rig, mine.id)).toContain("somebody asked to cancel it");
});

test("on the board nobody has claimed it, or somebody has", async () => {
  using rig = new WatchRig();
  const [item] = await rig.board.add(
    [
      {
        ...{ key: null, title: "t", details: null, weight: 2, priority: 0 },
        ...{ capabilities: [], after: [], required: [], stage: null },
      },
    ],
    "parallel",
    holder("me"),
  );
  expect(await why(rig, item!.id)).toContain(
    "ready on the board: no agent, person or script has claimed it",
  );
});

test("it runs, for longer than is usual, on a worker that spins", async () => {
  using rig = new WatchRig();
  for (let n = 0; n < 30; n++) await rig.ended("completed", { runMs: 100 + n });
  const { id, lease } = await rig.submit({}, { holder: rig.id });
  rig.env.advance(2_000);
  await rig.queue.started(lease!);
  rig.env.advance(9_000);
  rig.status = {
    ...POOL,
    workers: [
      worker({
        task: id,
        health: "spinning",
        taskSince: rig.env.now() - 9_000,
      }),
    ],
  };
  const words = await why(rig, id);
  expect(words).toContain("it has run for 9 s on worker w1 (warm)");
  expect(words).toContain(
    "its run time is unusually long by now: half of the last 30 of its kind took 114 ms or less",
  );
  expect(words).toContain("computes without a pause");
  expect(words).toContain("it had waited 2 s before");
});

test("it was slow: where its time went, beside what is usual, and why it ran there", async () => {
  using rig = new WatchRig();
  for (let n = 0; n < 30; n++)
    await rig.ended("completed", { waitMs: 2, runMs: 50 });
  const id = await rig.ended("failed", { waitMs: 900, startMs: 50, runMs: 50 });
  const words = await why(rig, id);
  expect(words).toContain(
    "1.00 s in all: wait 900 ms (90%), start 50.0 ms (5%), run 50.0 ms (5%)",
  );
  expect(words).toContain("its wait time is unusually long");
  expect(words).toContain("its run time is as usual");
  expect(words).toContain("failed: TASK_THREW, end 1");
  expect(words).toContain("it ran on w1, which was warm");
  const never = await rig.submit();
  await rig.queue.cancel(never.id, {
    code: "CANCELLED",
    message: "no more",
    retryable: false,
  });
  expect(await why(rig, never.id)).toContain("never came to a worker");
});
