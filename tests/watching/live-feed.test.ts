import { expect, test } from "bun:test";
import {
  overviewView,
  workersView,
} from "../../monitoring/api/overview-views.ts";
import { taskRowView } from "../../monitoring/api/task-views.ts";
import type { LiveEvent } from "../../monitoring/watch.ts";
import { holder, WatchRig } from "./watch-rig.ts";

/** All that needs no time comes to its end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++)
    await new Promise<void>((resolve) => setImmediate(resolve));
}

function listening(rig: WatchRig) {
  const events: LiveEvent[] = [];
  const stop = rig.watch.listen((event) => events.push(event));
  return {
    stop,
    pass: async (ms: number) => {
      for (let left = ms; left > 0; left -= 250) {
        rig.env.advance(Math.min(250, left));
        await settle();
      }
      return events.splice(0);
    },
    tell: (id: string) => {
      for (const listener of rig.listeners) listener(id as never);
    },
  };
}

const tasksIn = (events: readonly LiveEvent[]) =>
  events.flatMap((it) => (it.type === "tasks" ? [it.data] : []));

test("once a second the whole and the workers; nothing and no timer before or after", async () => {
  using rig = new WatchRig();
  expect([rig.env.waiting, rig.listeners.size]).toEqual([0, 0]);
  const one = listening(rig);
  const other = listening(rig);
  const events = await one.pass(3_000);
  const types = events.map(({ type }) => type);
  expect(types.filter((type) => type === "overview")).toHaveLength(3);
  expect(types.filter((type) => type === "workers")).toHaveLength(3);
  expect(types).not.toContain("tasks");
  for (const { type, data } of events)
    (type === "overview" ? overviewView : workersView).parse(data);
  other.stop();
  other.stop();
  expect(rig.listeners.size).toBe(1);
  expect(await one.pass(1_000)).toHaveLength(2);
  one.tell("task_late");
  one.stop();
  expect([rig.env.waiting, rig.listeners.size]).toEqual([0, 0]);
  expect(await one.pass(3_000)).toEqual([]);
});

test("tasks that changed are told at most four times a second, each once and as it is then", async () => {
  using rig = new WatchRig();
  const feed = listening(rig);
  const { id, lease } = await rig.submit({}, { holder: rig.id });
  feed.tell(id);
  await rig.queue.started(lease!);
  feed.tell(id);
  feed.tell("task_unknown");
  await rig.settle(lease, "completed");
  feed.tell(id);
  const told = tasksIn(await feed.pass(250));
  expect(told).toMatchObject([
    { changed: [{ task_id: id, state: "completed" }], more: false },
  ]);
  expect(taskRowView.parse(told[0]!.changed[0])).toEqual(told[0]!.changed[0]!);
  for (let n = 0; n < 40; n++) {
    feed.tell(id);
    rig.env.advance(50);
    await settle();
  }
  expect(tasksIn(await feed.pass(250)).length).toBeLessThanOrEqual(9);
  feed.stop();
});

test("of very many at once the newest 200, and that there were more", async () => {
  using rig = new WatchRig();
  const feed = listening(rig);
  const ids = [];
  for (let n = 0; n < 230; n++) ids.push((await rig.submit()).id);
  for (const id of ids) feed.tell(id);
  const [told] = tasksIn(await feed.pass(250));
  expect(told).toMatchObject({ more: true });
  expect(told!.changed.map(({ task_id: id }) => id)).toEqual(
    ids.slice(-200).reverse(),
  );
  for (let n = 0; n < 1_500; n++) feed.tell(`task_${n}`);
  // Told of again, it is among the newest.
  feed.tell(ids[1]!);
  for (let n = 0; n < 500; n++) feed.tell(`task_more_${n % 250}`);
  feed.tell(ids[0]!);
  feed.tell(ids[1]!);
  expect(tasksIn(await feed.pass(250))).toMatchObject([
    { changed: [{ task_id: ids[1] }, { task_id: ids[0] }], more: true },
  ]);
});

test("what other servers took on and ended is told within a second or two", async () => {
  using rig = new WatchRig();
  const before = await rig.submit({}, { holder: holder("there") });
  const feed = listening(rig);
  const came = await rig.submit();
  await rig.settle(before.lease, "failed");
  const told = tasksIn(await feed.pass(1_500));
  expect(told.flatMap(({ changed }) => changed)).toMatchObject([
    { task_id: came.id, state: "queued" },
    { task_id: before.id, state: "failed" },
  ]);
  expect(tasksIn(await feed.pass(3_000))).toEqual([]);
});

test("what a person asked for is told; a listener that fails harms no other", async () => {
  using rig = new WatchRig();
  rig.watch.listen(() => {
    throw new Error("no");
  });
  const feed = listening(rig);
  const entry = {
    seq: 1,
    at: 1,
    action: "task.cancelled",
    by: "api",
    target: "t",
    detail: null,
    can_undo: false,
  };
  rig.watch.audited(entry);
  expect((await feed.pass(250))[0]).toEqual({ type: "audit", data: entry });
});

test("a store that cannot be read is no end of it", async () => {
  let isBroken = true;
  using rig = new WatchRig({
    health: async () => {
      if (isBroken) throw new Error("busy");
      return { status: "degraded", at: 1, probes: [] };
    },
  });
  const feed = listening(rig);
  const events = await feed.pass(2_000);
  expect(events.map(({ type }) => type)).toEqual(["workers", "workers"]);
  isBroken = false;
  expect((await feed.pass(1_000)).map(({ type }) => type)).toContain(
    "overview",
  );
});
