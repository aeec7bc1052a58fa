import { expect, test } from "bun:test";
import {
  boardView,
  learningView,
  timeoutsView,
} from "../../monitoring/api/shared-views.ts";
import type { NewItem } from "../../flow-balancer/core/board.ts";
import { SHELL_BRIDGE, type TaskId } from "../../flow-balancer/core/ids.ts";
import { KindRegistry } from "../../flow-balancer/pool/kind-registry.ts";
import { Decisions } from "../../flow-balancer/store/decisions.ts";
import { limitChanges } from "../../flow-balancer/watching/learning-views.ts";
import { holder, POOL, WatchRig } from "./watch-rig.ts";

const item = (title: string, more: Partial<NewItem> = {}): NewItem => ({
  ...{ key: null, title, details: null, weight: 2, priority: 0 },
  ...{ capabilities: [], after: [], required: [], stage: null },
  ...more,
});

const ADA = { holder: holder("ada"), declared: [], capacity: null };

test("the board as columns: who has what, what waits for whom, what has ended", async () => {
  using rig = new WatchRig();
  const { board, watch, env } = rig;
  const add = (...items: NewItem[]) =>
    board.add(items, "sequential", ADA.holder);
  const [first, second] = await add(
    item("first", { weight: 5 }),
    item("second"),
  );
  await board.claim(ADA, { id: first!.id, leaseMs: 60_000 });
  await board.update(first!.id, ADA.holder, {
    ...{ progress: { done: 1, total: 4 }, note: null, claimResources: [] },
    ...{ releaseResources: [], release: false, leaseMs: 60_000 },
  });
  const [free] = await add(item("free", { capabilities: ["sql"] }));
  for (const [title, outcome] of [
    ["good", "completed"],
    ["bad", "failed"],
  ] as const) {
    const [one] = await add(item(title));
    await board.claim(ADA, { id: one!.id, leaseMs: null });
    await board.complete(one!.id, ADA.holder, {
      outcome,
      summary: `${title} end`,
      evidence: [],
      note: null,
    });
  }
  const [offered] = await add(item("for a script"));
  await rig.queue.claim({
    queue: "board",
    holder: SHELL_BRIDGE,
    max: 1,
    leaseMs: 60_000,
    ids: [offered!.id],
  });
  rig.store.raw.run("UPDATE board_items SET worked_by = ? WHERE task_id = ?", [
    SHELL_BRIDGE,
    offered!.id,
  ]);
  // A task of the pool is none of it.
  await rig.submit({ kind: "shell" }, { holder: rig.id });
  env.advance(1_000);
  const view = await watch.board();
  expect(boardView.parse(view)).toEqual(view);
  expect(view.counts).toEqual({
    blocked: 1,
    ready: 2,
    active: 1,
    done: 1,
    failed: 1,
  });
  const of = (id: TaskId) => view.items.find(({ task_id: it }) => it === id);
  expect(of(first!.id)).toMatchObject({
    ...{ column: "active", holder: "ada", lease_left_ms: 59_000 },
    ...{ progress_done: 1, progress_total: 4, waits_for: null },
  });
  expect(of(second!.id)).toMatchObject({
    ...{ column: "blocked", holder: null, lease_left_ms: null },
    waits_for: `waits for 'first' (${first!.id}), held by ada for 1 s`,
  });
  expect(of(free!.id)).toMatchObject({
    column: "ready",
    capabilities: ["sql"],
    waits_for: null,
  });
  expect(of(offered!.id)).toMatchObject({ column: "ready", holder: null });
  expect(view.items.filter(({ column }) => column === "done")).toMatchObject([
    { title: "good", summary: "good end", state: "completed" },
  ]);
  expect(view.holders).toEqual([
    { holder: "ada", active_weight: 5, capacity: 30, items: 1 },
  ]);
});

test("of a full column the newest 200, and the count of all", async () => {
  using rig = new WatchRig();
  await rig.board.add(
    Array.from({ length: 250 }, (_, n) => item(`item ${n}`)),
    "parallel",
    ADA.holder,
  );
  const view = await rig.watch.board();
  expect(view.counts.ready).toBe(250);
  expect(view.items).toHaveLength(200);
  expect(view.items[0]?.title).toBe("item 249");
});

test("timeouts of kinds that nothing was learned of come from their newest runs", async () => {
  const kinds = new KindRegistry(
    [
      {
        ...{
          name: "own",
          path: "/m.ts",
          description: null,
          effects: "none" as const,
        },
        ...{ concurrency: null, inFlight: 1, timeoutMs: 25, memoryMb: null },
        ...{ capabilities: [], env: {} },
      },
    ],
    60_000,
  );
  using rig = new WatchRig({}, kinds);
  for (let n = 1; n <= 20; n++)
    await rig.ended("completed", { runMs: n * 2 }, { kind: "own" });
  await rig.ended("timed_out", { runMs: 25 }, { kind: "own" });
  const view = await rig.watch.timeouts();
  expect(timeoutsView.parse(view)).toEqual(view);
  expect(view.kinds.map(({ kind }) => kind)).toEqual([
    "own",
    "script",
    "shell",
  ]);
  expect(view.kinds[0]).toEqual({
    ...{ kind: "own", n: 21, timeouts: 1, p50_ms: 20, p95_ms: 38, p99_ms: 40 },
    ...{
      limit_ms: 25,
      max_limit_ms: null,
      simple_rule_ms: 57,
      basis: "explicit",
    },
    ...{
      would_have_killed: 8,
      of_remembered: 20,
      how_sure: "of the last 20 runs",
    },
  });
  expect(view.kinds[1]).toMatchObject({
    n: 0,
    p50_ms: null,
    basis: "default",
    limit_ms: 60_000,
    how_sure: "no runs yet",
  });
});

test("a limit that moves by a fifth is a change, a smaller step is none, nor is a task's own limit", () => {
  const run = (at: number, timeoutMs: number | null, more: object = {}) => ({
    ...{ at, timeoutMs, bucket: "", ownMs: null },
    ...more,
  });
  const changes = limitChanges("k", [
    run(1, 1_000),
    run(2, 1_150),
    run(3, 1_199),
    run(4, 1_200),
    run(5, 50, { ownMs: 50 }),
    run(6, null),
    run(7, 1_010),
    run(8, 999),
    run(9, 400, { bucket: "b" }),
    run(10, 800, { bucket: "b" }),
  ]);
  expect(changes.map(({ at, summary }) => [at, summary])).toEqual([
    [4, "the limit of k went up from 1.00 s to 1.20 s"],
    [8, "the limit of k went down from 1.20 s to 999 ms"],
    [10, "the limit of k (b) went up from 400 ms to 800 ms"],
  ]);
});

test("learning: runs with their limits, changes of persons and policies, predictions", async () => {
  const entry = {
    seq: 1,
    at: 1_700_000_900_000,
    action: "tier.paused",
    by: "dashboard",
    target: "warm",
    detail: null,
    can_undo: true,
  };
  using rig = new WatchRig({ audit: () => ({ entries: [entry] }) });
  const { env, store, watch } = rig;
  for (const limit of [60_000, 1_000, 1_000, 900]) {
    const { id, lease } = await rig.submit(
      { kind: "lint" },
      { holder: rig.id },
    );
    await rig.queue.settle(lease!, {
      result: { status: "completed", valueJson: "1" },
      execution: {
        tier: "warm",
        worker: "w1" as never,
        waitMs: 1,
        startMs: 1,
        runMs: 5,
      },
      ...{ startedAt: env.now(), output: null, timeoutMs: limit },
    });
    env.advance(1_000);
    await new Decisions(store, env).record({
      ...{
        taskId: id,
        attempt: 1,
        policy: "ensemble",
        version: "1",
        propensity: 0.75,
      },
      choice: limit === 900 ? "parallel" : "single",
      ...{ alternatives: [], reason: { type: "review" } },
    });
  }
  const keep = {
    kind: "lint",
    keepMs: 5_000,
    basis: "own_gaps" as const,
    gaps: 9,
  };
  rig.status = {
    ...POOL,
    keepWarm: [keep],
    predictions: {
      ...POOL.predictions,
      runMs: { n: 4, medianLogRatio: 0.2, withinTwice: 0.9 },
    },
  };
  const view = await watch.learning();
  expect(learningView.parse(view)).toEqual(view);
  expect(view.over_time).toMatchObject([{ kind: "lint" }]);
  expect(view.over_time[0]?.points.map(({ limit_ms: ms }) => ms)).toEqual([
    60_000, 1_000, 1_000, 900,
  ]);
  expect(
    view.changes.map(({ what, summary }) => `${what}: ${summary}`),
  ).toEqual([
    "person: dashboard: tier.paused warm",
    "gate: tasks of type review went from single to parallel, with odds of 75%",
    "deadlines: the limit of lint went down from 60.00 s to 1.00 s",
  ]);
  expect(view.predictions).toEqual([
    { clock: "wait", n: 0, median_log_ratio: null, share_within_2x: null },
    { clock: "start", n: 0, median_log_ratio: null, share_within_2x: null },
    { clock: "run", n: 4, median_log_ratio: 0.2, share_within_2x: 0.9 },
  ]);
  expect(view.keep_warm).toEqual([
    { kind: "lint", keep_ms: 5_000, basis: "own_gaps", gaps: 9 },
  ]);
});
