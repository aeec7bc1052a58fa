import { expect, test } from "bun:test";
import type { EngineStatus } from "../../flow-balancer/core/engine.ts";
import type {
  InstanceId,
  TaskId,
  WorkerId,
} from "../../flow-balancer/core/ids.ts";
import type {
  WorkerHealth,
  WorkerStatus,
} from "../../flow-balancer/core/pool-status.ts";
import {
  poolStatusText,
  poolStatusView,
} from "../../flow-balancer/mcp/pool-view.ts";

const worker = (
  id: string,
  health: WorkerHealth | null,
  tasksInFlight: number,
): WorkerStatus => ({
  id: id as WorkerId,
  pid: 1,
  tier: "warm",
  state: health === null ? "idle" : "busy",
  session: null,
  loaded: [],
  task: tasksInFlight === 0 ? null : (`task_${id}` as TaskId),
  tasksInFlight,
  tasksDone: 9,
  health,
  strayMessages: 0,
  heardMsAgo: 5,
});

const status: EngineStatus = {
  limits: [
    {
      kind: "shell",
      limit: { softMs: 5_000, maxMs: 20_000, basis: "kind", n: 31 },
    },
  ],
  retries: [{ kind: "shell", left: -2.12345, retries: 31, held: 4 }],
  instances: [
    {
      id: "instance_1" as InstanceId,
      pid: 7,
      transport: "stdio",
      isSelf: true,
      wants: 2,
      share: 4,
      heartbeatAgeMs: 12.4,
    },
  ],
  pool: {
    maxWorkers: 4,
    configuredWorkers: 8,
    waiting: 2,
    starting: 0,
    busy: 4,
    idle: 1,
    predictions: {
      waitMs: { n: 0, medianLogRatio: Number.NaN, withinTwice: Number.NaN },
      startMs: { n: 1, medianLogRatio: 0, withinTwice: 1 },
      runMs: { n: 300, medianLogRatio: 0.12345, withinTwice: 2 / 3 },
    },
    keepWarm: [
      { kind: "nightly", keepMs: 1_638_400.49, basis: "own_gaps", gaps: 31 },
      { kind: "shell", keepMs: 60_000, basis: "prior", gaps: 0 },
    ],
    tiers: { hot: 0, warm: 5, cold: 0 },
    workers: [
      worker("w1", "working", 3),
      worker("w2", "spinning", 1),
      worker("w3", "stopped", 1),
      worker("w4", "blocked", 1),
      worker("w5", null, 0),
    ],
  },
  tasks: {} as EngineStatus["tasks"],
  home: "h",
};

test("the view says how good predictions were, and null before there were any", () => {
  const { pool } = poolStatusView(status, ["shell"]);
  expect(pool.predictions).toEqual({
    wait: { n: 0, median_log_ratio: null, share_within_2x: null },
    start: { n: 1, median_log_ratio: 0, share_within_2x: 1 },
    run: { n: 300, median_log_ratio: 0.123, share_within_2x: 0.667 },
  });
});

test("the view says how long idle workers of a kind are kept, and whether that is more than a prior", () => {
  expect(poolStatusView(status, ["shell"]).pool.keep_warm).toEqual([
    { kind: "nightly", keep_ms: 1_638_400, basis: "own_gaps", gaps: 31 },
    { kind: "shell", keep_ms: 60_000, basis: "prior", gaps: 0 },
  ]);
});

test("the view says how long runs may take, and on how many runs that rests", () => {
  expect(poolStatusView(status, ["shell"]).learned_timeouts).toEqual([
    {
      kind: "shell",
      runs: 31,
      soft_limit_ms: 5_000,
      max_limit_ms: 20_000,
      basis: "kind",
    },
  ]);
});

test("the view says how much of what fails is tried again at once", () => {
  expect(poolStatusView(status, ["shell"]).retry_budgets).toEqual([
    { kind: "shell", left: -2.123, retries: 31, held: 4 },
  ]);
});

test("the view says how each worker is and how many tasks it has", () => {
  const { workers } = poolStatusView(status, ["shell"]);
  expect(
    workers.map(({ health, tasks_in_flight }) => [health, tasks_in_flight]),
  ).toEqual([
    ["working", 3],
    ["spinning", 1],
    ["stopped", 1],
    ["blocked", 1],
    [null, 0],
  ]);
});

test("the short text names the workers that are busy in a way worth a look, and no other", () => {
  expect(poolStatusText(status)).toBe(
    "4 workers busy, 1 idle, 0 starting; 2 tasks wait; w2 is spinning on task_w2; w3 is stopped on task_w3; w4 is blocked on task_w4",
  );
});

test("the view says who else shares the home", () => {
  expect(poolStatusView(status, ["shell"]).instances).toEqual([
    {
      id: "instance_1" as InstanceId,
      pid: 7,
      transport: "stdio",
      is_self: true,
      wants: 2,
      share: 4,
      heartbeat_ms_ago: 12,
    },
  ]);
});
