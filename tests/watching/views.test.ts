import { expect, test } from "bun:test";
import {
  healthView,
  instancesView,
  overviewView,
  seriesView,
  workersView,
} from "../../monitoring/api/overview-views.ts";
import {
  auditView,
  boardView,
  learningView,
  sessionsView,
  timeoutsView,
} from "../../monitoring/api/shared-views.ts";
import { taskListView } from "../../monitoring/api/task-views.ts";
import { sessionId } from "../../flow-balancer/core/ids.ts";
import { Instances } from "../../flow-balancer/store/instances.ts";
import { POOL, WatchRig, worker } from "./watch-rig.ts";

test("an empty home gives empty views, each as its words say", async () => {
  using rig = new WatchRig();
  const { watch } = rig;
  const views = [
    [overviewView, await watch.overview()],
    [seriesView, await watch.series(60)],
    [healthView, await watch.health()],
    [workersView, await watch.workers()],
    [taskListView, await watch.tasks({})],
    [boardView, await watch.board()],
    [sessionsView, await watch.sessions()],
    [instancesView, await watch.instances()],
    [timeoutsView, await watch.timeouts()],
    [learningView, await watch.learning()],
    [auditView, await watch.audit()],
  ] as const;
  for (const [words, view] of views)
    expect(words.parse(view) as object).toEqual(view);
  expect(await watch.overview()).toMatchObject({
    throughput_per_s: 0,
    failed_share: null,
    cold_start_share: null,
    queue: { depth: 0, oldest_ms: null },
    wait: { n: 0, p50_ms: null },
    read_only: false,
  });
  expect(await watch.task("task_nothing")).toBeNull();
  expect(await watch.task("' OR 1 --")).toBeNull();
  expect((await watch.board()).items).toEqual([]);
});

test("the overview counts what waits for a worker, and what ended lately", async () => {
  using rig = new WatchRig({ isReadOnly: true });
  const { watch, env, board } = rig;
  const { id: parent } = await rig.submit();
  env.advance(2_000);
  await rig.submit({ after: [{ id: parent, on: "success" }] });
  await rig.submit({}, { delayMs: 60_000 });
  await rig.submit(
    { after: [{ id: parent, on: "success" }] },
    { delayMs: 60_000 },
  );
  await rig.submit({ priority: 5 });
  await rig.submit({}, { holder: rig.id });
  await board.add([plain("an item")], "parallel", rig.id);
  for (const runMs of [10, 20, 400]) await rig.ended("completed", { runMs });
  await rig.ended("failed");
  await rig.ended("cancelled", { runMs: 10 });
  env.advance(3_000);
  rig.status = { ...POOL, busy: 3, idle: 1, maxWorkers: 4 };
  const view = await watch.overview();
  expect(overviewView.parse(view)).toEqual(view);
  expect(view).toMatchObject({
    instance: rig.id,
    read_only: true,
    queue: { depth: 3, oldest_ms: 5_000 },
    failed_share: 0.25,
    tier_hits: { hot: 0, warm: 5, cold: 0 },
    cold_start_share: 0,
    pool: { busy: 3, utilisation: 0.75 },
    tasks: { queued: 7, completed: 3, failed: 1 },
  });
  expect(view.run.n).toBe(5);
  expect(view.run.p99_ms).toBeCloseTo(400, -1);
  expect(view.throughput_per_s).toBeCloseTo(5 / 300, 2);
});

test("the series has a point a step, and of the load what was seen of it", async () => {
  using rig = new WatchRig();
  const { watch, env } = rig;
  await rig.ended("failed", { waitMs: 7, runMs: 30 });
  env.advance(600_000);
  watch.start();
  watch.start();
  rig.status = { ...POOL, busy: 2 };
  await rig.submit();
  env.advance(12_000);
  const view = await watch.series(60);
  expect(seriesView.parse(view)).toEqual(view);
  expect(view.points).toHaveLength(720);
  const settled = view.points.filter(({ settled: n }) => n > 0);
  expect(settled).toEqual([
    {
      at: expect.any(Number),
      settled: 1,
      failed: 1,
      cold: 0,
      wait_p95_ms: expect.closeTo(7, 0),
      run_p95_ms: expect.closeTo(30, 0),
      queue_depth: null,
      busy: null,
    },
  ]);
  expect(view.points.at(-1)).toMatchObject({ queue_depth: 1, busy: 2 });
  expect((await watch.series(1)).points).toHaveLength(12);
  watch.stop();
  expect(env.waiting).toBe(0);
});

test("workers with what the pool tells of them", async () => {
  using rig = new WatchRig({ memoryOf: async () => new Map([[1, 5_000_000]]) });
  const { id } = await rig.submit({ kind: "lint" }, { holder: rig.id });
  rig.status = {
    ...POOL,
    workers: [
      worker({
        task: id,
        ageMs: 12.6,
        busyShare: 0.5,
        taskSince: 1_000,
        taskKind: "lint",
      }),
      worker({ id: "w2" as never, pid: 2, state: "idle", tasksInFlight: 0 }),
    ],
  };
  await rig.watch.workers();
  rig.env.advance(500);
  const view = await rig.watch.workers();
  expect(workersView.parse(view)).toEqual(view);
  expect(view.workers).toMatchObject([
    {
      task: id,
      task_kind: "lint",
      task_since: 1_000,
      age_ms: 13,
      utilisation: 0.5,
      memory_bytes: 5_000_000,
    },
    {
      task: null,
      task_since: null,
      age_ms: 500,
      utilisation: null,
      memory_bytes: null,
    },
  ]);
});

test("instances that run, and those that ended within the hour", async () => {
  using rig = new WatchRig();
  const { env, store, watch } = rig;
  const instances = new Instances(store, env);
  const self = (id: string) => ({
    id: id as never,
    pid: process.pid,
    pidStarted: "1",
    transport: "stdio",
    projectRoot: "/p",
    version: "1",
    maxWorkers: 2,
  });
  await instances.register(self("old"), { wants: 0, share: 1 });
  await instances.stop("old" as never);
  env.advance(3_600_001);
  await instances.register(self("gone"), { wants: 1, share: 1 });
  await instances.stop("gone" as never);
  await instances.register(self(rig.id), { wants: 2, share: 2 });
  await rig.submit({}, { holder: rig.id });
  env.advance(1_500);
  const view = await watch.instances();
  expect(instancesView.parse(view)).toEqual(view);
  expect(view.instances).toMatchObject([
    {
      id: rig.id,
      is_self: true,
      end: null,
      heartbeat_ms_ago: 1_500,
      running: 1,
      wants: 2,
    },
    { id: "gone", is_self: false, end: "stopped" },
  ]);
});

test("sessions with their mode and their usual rate", async () => {
  using rig = new WatchRig();
  const { env, watch } = rig;
  const session = sessionId("x");
  rig.store.raw.run(
    "INSERT INTO sessions (id, name, opened_at, version, state_bytes) VALUES (?, 'mine', ?, 2, 30)",
    [session, env.now() - 5 * 60_000],
  );
  for (let n = 0; n < 4; n++) await rig.submit({ session });
  env.advance(120_000);
  await rig.submit({ session });
  await rig.submit({ session: "connection_a" as never });
  const view = await watch.sessions();
  expect(sessionsView.parse(view)).toEqual(view);
  expect(view.sessions.find(({ id }) => id === session)).toMatchObject({
    name: "mine",
    mode: "flowing",
    in_flight: 5,
    tasks_last_minute: 1,
    state_version: 2,
    state_bytes: 30,
  });
  expect(
    view.sessions.find(({ id }) => id === session)?.usual_per_minute,
  ).toBeCloseTo(4 / 6, 1);
  expect(view.sessions.find(({ id }) => id !== session)).toMatchObject({
    opened_at: null,
    mode: "warming",
  });
});

const plain = (title: string) => ({
  ...{ key: null, title, details: null, weight: 2, priority: 0 },
  ...{ capabilities: [], after: [], required: [], stage: null },
});
