/** The pool with simulated workers: whom its keep-warm ports keep, and what it tells them. */

import { afterEach, expect, test } from "bun:test";
import type { SessionId, TaskId } from "../../flow-balancer/core/ids.ts";
import { keepWarmPorts } from "../../flow-balancer/keep-warm-ports.ts";
import {
  MultiTierPoolManager,
  type PoolOptions,
} from "../../flow-balancer/pool/multi-tier-pool-manager.ts";
import { SimulatedFloor } from "../model/simulated-floor.ts";
import { moduleKind } from "../support/pool-under-test.ts";

const SECOND = 1_000;
const RUN_MS = 100;
const SETTINGS: PoolOptions["settings"] = {
  maxWorkers: 4,
  spareWorkers: 0,
  maxWaiting: 100,
  idleMs: 60 * SECOND,
  startTimeoutMs: 5_000,
  cancelGraceMs: 300,
  maxTasksPerWorker: 10_000,
};

const made: Visited[] = [];
afterEach(async () => {
  for (const it of made.splice(0)) {
    void it.pool.close(0);
    await it.floor.advance(SECOND);
  }
});

class Visited {
  readonly floor: SimulatedFloor;
  readonly pool: MultiTierPoolManager;
  #serial = 0;

  constructor(ports: (it: Visited) => Partial<PoolOptions>, maxWorkers = 4) {
    this.floor = new SimulatedFloor({
      spawnMs: 40,
      loadMs: 20,
      running: (worker, run) => {
        if (this.binds) worker.say({ type: "bound", job: run.job });
        worker.after(RUN_MS, () => worker.complete(run, "null", RUN_MS));
      },
    });
    this.pool = new MultiTierPoolManager({
      ...this.floor.options({ ...SETTINGS, maxWorkers }),
      ...ports(this),
    });
    made.push(this);
  }

  /** Tasks that run look at their session's memory. */
  binds = false;

  get workers(): number {
    return this.floor.workers.size;
  }

  submit(kind: string, session: string | null = null, inFlight = 1): void {
    this.pool.run({
      id: `task_${++this.#serial}` as TaskId,
      kind: moduleKind(kind, `/tasks/${kind}.ts`, { inFlight }),
      attempt: 1,
      inputJson: "null",
      session: session as SessionId | null,
      priority: 0,
      timeoutMs: 60_000,
    });
  }

  /** A task, and a second in which it ends. */
  async visit(kind: string, session: string | null = null): Promise<void> {
    this.submit(kind, session);
    await this.wait(SECOND);
  }

  async wait(ms: number): Promise<void> {
    await this.floor.settle();
    await this.floor.advance(ms);
    await this.floor.settle();
  }
}

/** The pool lets nobody go in its first minute, and looks every ten seconds. */
const SETTLED = 200 * SECOND;

test("an idle worker is kept as long as the port says for the most valuable of its kinds, and one whose kind it does not know for the idle time", async () => {
  const keepMs: Record<string, number | null> = {
    long: 300 * SECOND,
    short: 5 * SECOND,
    unknown: null,
  };
  const goneAfter = async (...kinds: string[]): Promise<number> => {
    const it = new Visited(() => ({
      keepWarmMs: (kind) => keepMs[kind] ?? null,
    }));
    await it.wait(SETTLED);
    for (const kind of kinds) await it.visit(kind);
    expect(it.workers).toBe(1);
    let seconds = 0;
    while (it.workers > 0 && seconds < 1_000) {
      await it.wait(SECOND);
      seconds++;
    }
    return seconds;
  };
  const near = async (from: number, ...kinds: string[]): Promise<void> => {
    const seconds = await goneAfter(...kinds);
    expect(seconds).toBeGreaterThanOrEqual(from - 1);
    expect(seconds).toBeLessThanOrEqual(from + 11);
  };
  await near(300, "long");
  await near(5, "short");
  await near(60, "unknown");
  await near(300, "long", "short");
});

test("a worker that holds a session's memory is kept for the idle time, whatever is known of its kind", async () => {
  const it = new Visited(() => ({
    keepWarmMs: (kind) => (kind === "kind" ? SECOND : null),
  }));
  await it.wait(SETTLED);
  it.binds = true;
  await it.visit("kind", "s");
  it.binds = false;
  const serving = () =>
    it.pool.status().workers.filter(({ session }) => session !== null).length;
  // Workers that hold a session's memory go only beside others.
  for (let n = 0; n < 5; n++) {
    await it.visit("other");
    await it.wait(9 * SECOND);
  }
  expect(serving()).toBe(1);
  for (let n = 0; n < 3; n++) {
    await it.visit("other");
    await it.wait(9 * SECOND);
  }
  expect(serving()).toBe(0);
  expect(it.workers).toBe(1);
});

test("a pool learns by itself: the worker of a kind that comes too rarely goes at once in the end, and of one that comes soon enough it stays", async () => {
  const it: Visited = new Visited(({ floor }) => {
    return keepWarmPorts({
      idleMs: SETTINGS.idleMs,
      mono: floor.clock.mono,
      startMs: (kind) => it.pool.startMs(kind),
      memoryMb: (kind) => it.pool.memoryMb(kind),
    });
  });
  await it.wait(SETTLED);
  await it.visit("rare");
  await it.wait(49 * SECOND);
  expect(it.workers).toBe(1);
  for (let n = 0; n < 20; n++) {
    await it.wait(599 * SECOND);
    await it.visit("rare");
  }
  await it.wait(20 * SECOND);
  expect(it.workers).toBe(0);
  expect(it.pool.status().keepWarm).toMatchObject([
    { kind: "rare", basis: "own_gaps", gaps: 20 },
  ]);
  let started = 0;
  for (let n = 0; n < 20; n++) {
    await it.visit("soon");
    await it.wait(39 * SECOND);
    if (n === 9) ({ started } = it.floor);
  }
  expect(it.floor.started).toBe(started);
});

test("hears once of a worker that is busy for a kind, however many tasks it runs, and of its death as an end", async () => {
  const heard: string[] = [];
  const it = new Visited(
    ({ floor }) => ({
      observeKind: {
        began: (kind, now) => heard.push(`${kind} ${now - floor.clock.mono()}`),
        ended: (kind) => heard.push(`${kind} ended`),
      },
    }),
    1,
  );
  await it.visit("packed");
  heard.length = 0;
  for (let n = 0; n < 5; n++) it.submit("packed", null, 8);
  expect(it.pool.status().workers[0]?.tasksInFlight).toBe(5);
  await it.wait(SECOND);
  for (const worker of it.floor.workers)
    worker.die({ exitCode: 1, signal: null });
  await it.wait(0);
  expect(heard).toEqual(["packed 0", "packed ended"]);
  it.submit("dies");
  await it.wait(50);
  for (const worker of it.floor.workers)
    if (worker.runs.size > 0) worker.die({ exitCode: 1, signal: null });
  await it.wait(0);
  expect(heard.slice(2)).toEqual(["dies 0", "dies ended"]);
});

test("hears nothing of tasks on a worker that holds a session's memory", async () => {
  const heard: string[] = [];
  const it = new Visited(() => ({
    observeKind: {
      began: (kind) => heard.push(`${kind} began`),
      ended: (kind) => heard.push(`${kind} ended`),
    },
  }));
  it.binds = true;
  await it.visit("kind", "s");
  await it.visit("kind", "s");
  // The first might still have been anybody's.
  expect(heard).toEqual(["kind began"]);
});

test("says what a start of a kind takes and what its workers hold, once it has seen and measured", async () => {
  const it = new Visited(({ floor }) => ({
    machine: {
      ...floor.options(SETTINGS).machine!,
      memoryOf: async (pid) => (pid % 2 === 0 ? 30 : 70),
    },
  }));
  expect([it.pool.memoryMb("a"), it.pool.memoryMb(null)]).toEqual([null, null]);
  it.submit("a");
  it.submit("b");
  await it.wait(10 * SECOND);
  expect([it.pool.startMs("a"), it.pool.startMs(null)]).toEqual([60, 60]);
  const ofKinds = ["a", "b"].map((kind) => it.pool.memoryMb(kind) ?? 0);
  expect(ofKinds.toSorted((x, y) => x - y)).toEqual([30, 70]);
  expect(it.pool.memoryMb(null)).toBe(50);
  expect(it.pool.memoryMb("never")).toBeNull();
});
