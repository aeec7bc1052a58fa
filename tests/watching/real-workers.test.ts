import { expect, setDefaultTimeout, test } from "bun:test";
import {
  overviewView,
  workersView,
} from "../../monitoring/api/overview-views.ts";
import {
  learningView,
  timeoutsView,
} from "../../monitoring/api/shared-views.ts";
import { taskView } from "../../monitoring/api/task-views.ts";
import type { LiveEvent } from "../../monitoring/watch.ts";
import { instanceId } from "../../flow-balancer/core/ids.ts";
import { percentile } from "../../flow-balancer/core/stats.ts";
import { DeadlineDesk } from "../../flow-balancer/deadline-desk.ts";
import { bunEnv } from "../../flow-balancer/env.ts";
import { KindRegistry } from "../../flow-balancer/pool/kind-registry.ts";
import { LocalWatch } from "../../flow-balancer/watching/local-watch.ts";
import { TemporaryFolder } from "../support/temporary-folder.ts";
import { until } from "../support/until.ts";
import { SteeringRig } from "./steering-rig.ts";

setDefaultTimeout(20_000);

function watching(rig: SteeringRig, home: string) {
  const { store, queue, dispatcher, pool } = rig;
  const kinds = new KindRegistry([], 20_000);
  const deadlines = new DeadlineDesk({
    ...{ store, env: bunEnv, log: () => {} },
    options: {
      missesPerThousand: 10,
      minMs: 100,
      maxMs: 3_600_000,
      defaultMs: 20_000,
    },
  });
  return new LocalWatch({
    ...{
      env: bunEnv,
      id: instanceId("rig"),
      store,
      queue,
      pool,
      kinds,
      deadlines,
    },
    config: {
      home,
      instances: { heartbeatMs: 30_000, deadAfterMs: 60_000 },
      board: { capacity: 30, leaseMs: 60_000 },
    },
    engine: {
      get: (id) => dispatcher.get(id),
      output: (id) => dispatcher.output(id),
      runsHere: (id) => dispatcher.held.get(id) !== undefined,
      kinds: () => kinds.list(),
      onTaskChanged: () => () => {},
    },
  });
}

test("tasks that real workers run are seen to run, to wait and to end, with figures that are those of their rows", async () => {
  await using rig = new SteeringRig({ maxWorkers: 2 });
  using folder = new TemporaryFolder();
  const watch = watching(rig, folder.path);
  const events: LiveEvent[] = [];
  watch.listen((event) => events.push(event));
  const first = await rig.submit("a");
  const second = await rig.submit("a");
  await until("both to run", async () => rig.pool.status().busy === 2);
  const third = await rig.submit("a");

  const { workers } = workersView.parse(await watch.workers());
  const own = workers.find(({ task }) => task === first)!;
  expect(own).toMatchObject({
    state: "busy",
    task_kind: "shell",
    tasks_in_flight: 1,
  });
  expect(own.age_ms).toBeGreaterThan(0);
  expect(own.memory_bytes).toBeGreaterThan(1_000_000);
  const runs = taskView.parse(await watch.task(first));
  expect(runs.task).toMatchObject({ state: "running", worker: own.id });
  expect(runs.why[0]).toContain(`on worker ${own.id}`);
  const waits = taskView.parse(await watch.task(third));
  expect(waits.task.state).toBe("queued");
  expect(waits.why.join("\n")).toContain("no worker is free: 2 of 2 busy");
  expect((await watch.tasks({ worker: own.id })).tasks).toMatchObject([
    { task_id: first },
  ]);
  const now = overviewView.parse(await watch.overview());
  expect(now.pool).toMatchObject({ busy: 2, utilisation: 1, waiting: 1 });
  expect(now.queue.depth).toBeGreaterThanOrEqual(1);

  rig.release("a");
  await until("all to end", async () => {
    const states = await Promise.all(
      [first, second, third].map((id) => rig.state(id)),
    );
    return states.every((state) => state === "completed");
  });
  await Promise.all(Array.from({ length: 20 }, () => rig.submit("a")));
  await until(
    "the others to end",
    async () => (await rig.queue.counts()).completed === 23,
  );

  const view = overviewView.parse(await watch.overview());
  const rows = rig.store.raw
    .query<{ run: number; wait: number }, []>(
      "SELECT run_ms AS run, wait_ms AS wait FROM outcomes",
    )
    .all();
  const exact = (of: "run" | "wait", share: number): number =>
    percentile(
      rows.map((row) => row[of]).sort((a, b) => a - b),
      share,
    );
  expect(view.run.n).toBe(23);
  for (const [share, name] of [
    [0.5, "p50_ms"],
    [0.95, "p95_ms"],
    [0.99, "p99_ms"],
  ] as const) {
    expect(view.run[name]! / exact("run", share)).toBeCloseTo(1, 1);
    expect(
      Math.abs(view.wait[name]! - exact("wait", share)),
    ).toBeLessThanOrEqual(exact("wait", share) * 0.011 + 0.02);
  }
  expect(Object.values(view.tier_hits).reduce((a, b) => a + b)).toBe(23);
  const done = taskView.parse(await watch.task(third));
  expect(done.attempts).toMatchObject([
    { attempt: 1, state: "completed", error: null },
  ]);
  expect(done.attempts[0]!.timeout_ms).toBeGreaterThan(0);
  expect(done.attempts[0]!.wait_ms).toBeGreaterThan(0);
  expect(done.why.join("\n")).toMatch(
    /in all: wait .*; next best|in all: wait /,
  );
  const { kinds } = timeoutsView.parse(await watch.timeouts());
  expect(kinds.find(({ kind }) => kind === "shell")).toMatchObject({
    n: 23,
    timeouts: 0,
  });
  const learned = learningView.parse(await watch.learning());
  expect(learned.over_time[0]?.points).toHaveLength(23);
  expect(
    learned.predictions.find(({ clock }) => clock === "run")?.n,
  ).toBeGreaterThan(0);
  await until("it to be told", async () =>
    events.some(
      (it) =>
        it.type === "tasks" &&
        it.data.changed.some(
          ({ task_id: id, state }) => id === third && state === "completed",
        ),
    ),
  );
  watch.stop();
});
